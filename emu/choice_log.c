#include "emu/choice_log.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_ROOM = 64 };

void drill_log_init(struct drill_log *self, uint64_t fail_allocation)
{
    *self = (struct drill_log){.run = 1};
    drill_mem_init(&self->mem, fail_allocation);
}

void drill_log_fini(struct drill_log *self)
{
    drill_log_clear_all(self);
    drill_mem_fini(&self->mem);
}

/* Two texts in one block, so that there is one thing that can fail; the second follows the first.
 */
static char *keep_texts(struct drill_mem *mem, const char *first, const char *second)
{
    const size_t first_size = strlen(first) + 1, second_size = strlen(second) + 1;
    char *kept = drill_mem_new(mem, first_size + second_size);

    if (kept == NULL)
        return NULL;
    memcpy(kept, first, first_size);
    memcpy(kept + first_size, second, second_size);
    return kept;
}

static void drop_texts(struct drill_mem *mem, const char *first, const char *second)
{
    drill_mem_free(mem, (char *)(uintptr_t)first, strlen(first) + strlen(second) + 2);
}

static void forget_streams(struct drill_log *self)
{
    struct drill_mem *mem = &self->mem;
    struct drill_log_stream *stream, *next;

    HASH_ITER (hh, self->streams, stream, next) {
        HASH_DEL(self->streams, stream);
        drill_mem_free(mem, stream, sizeof *stream);
    }
}

static void forget_run(struct drill_log *self)
{
    forget_streams(self);
    drill_mem_free(&self->mem, self->sorted, self->count * sizeof *self->sorted);
    self->sorted = NULL;
    self->odd = NULL;
    self->run++;
    self->number = 0;
}

void drill_log_clear(struct drill_log *self)
{
    forget_run(self);
    for (size_t i = 0; i < self->count; i++)
        drop_texts(&self->mem, self->entries[i].decision.site, self->entries[i].decision.about);
    drill_mem_free(&self->mem, self->entries, self->room * sizeof *self->entries);
    self->entries = NULL;
    self->count = self->room = 0;
    self->error = 0;
}

void drill_log_clear_all(struct drill_log *self)
{
    drill_log_clear(self);
    for (size_t i = 0; i < self->header_count; i++)
        drop_texts(&self->mem, self->headers[i].key, self->headers[i].value);
    self->header_count = 0;
}

static int make_room(struct drill_log *self)
{
    const size_t room = self->room > 0 ? self->room * 2 : FIRST_ROOM;

    if (self->count < self->room)
        return 0;
    if (self->count >= DRILL_LOG_ENTRIES)
        return -E2BIG;
    struct drill_log_entry *entries = drill_mem_new(&self->mem, room * sizeof *entries);
    if (entries == NULL)
        return -ENOMEM;
    if (self->count > 0)
        memcpy(entries, self->entries, self->count * sizeof *entries);
    drill_mem_free(&self->mem, self->entries, self->room * sizeof *entries);
    self->entries = entries;
    self->room = room;
    return 0;
}

int drill_log_add(struct drill_log *self, const struct drill_decision *decision)
{
    forget_run(self);
    const int result = make_room(self);
    if (result < 0)
        return result;
    struct drill_log_entry *entry = &self->entries[self->count];
    char *site = keep_texts(&self->mem, decision->site, decision->about);
    if (site == NULL)
        return -ENOMEM;
    *entry = (struct drill_log_entry){.decision = *decision};
    entry->decision.site = site;
    entry->decision.about = site + strlen(site) + 1;
    self->count++;
    return 0;
}

int drill_log_add_header(struct drill_log *self, const char *key, const char *value)
{
    if (self->header_count == DRILL_LOG_HEADERS)
        return -E2BIG;
    if (key[0] == '\0' || strcmp(key, "choose") == 0 || strpbrk(key, " \t\r\n#\"") != NULL ||
        strpbrk(value, "\r\n") != NULL || strlen(key) + strlen(value) + 2 > DRILL_LOG_LINE)
        return -EINVAL;
    struct drill_log_header *header = &self->headers[self->header_count];
    header->key = keep_texts(&self->mem, key, value);
    if (header->key == NULL)
        return -ENOMEM;
    header->value = header->key + strlen(key) + 1;
    self->header_count++;
    return 0;
}

void drill_log_hear(void *log, const struct drill_choice *choice, uint64_t answer)
{
    struct drill_log *self = log;
    char site[DRILL_LOG_SITE], about[DRILL_LOG_ABOUT];

    if (self->error < 0)
        return;
    drill_choice_show_site(choice, site, sizeof site);
    drill_choice_show_about(choice, answer, about, sizeof about);
    self->error = drill_log_add(self, &(struct drill_decision){.kind = choice->kind,
                                                               .index = choice->index,
                                                               .answer = answer,
                                                               .site = site,
                                                               .about = about});
}

static int compare_stream(const struct drill_decision *a, enum drill_choice_kind kind,
                          const char *site)
{
    if (a->kind != kind)
        return a->kind < kind ? -1 : 1;
    return strcmp(a->site, site);
}

/* Of equals, the one that came first: qsort does not keep them so by itself. */
static int compare(const void *a, const void *b)
{
    const struct drill_log_entry *left = *(struct drill_log_entry *const *)a,
                                 *right = *(struct drill_log_entry *const *)b;
    const int order = compare_stream(&left->decision, right->decision.kind, right->decision.site);

    if (order != 0)
        return order;
    if (left->decision.index != right->decision.index)
        return left->decision.index < right->decision.index ? -1 : 1;
    return left < right ? -1 : left > right;
}

int drill_log_sort(struct drill_log *self)
{
    if (self->sorted != NULL || self->count == 0)
        return 0;
    self->sorted = drill_mem_new(&self->mem, self->count * sizeof *self->sorted);
    if (self->sorted == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < self->count; i++)
        self->sorted[i] = &self->entries[i];
    qsort(self->sorted, self->count, sizeof *self->sorted, compare);
    return 0;
}

/* The first entry that is not before a stream; `behind`: that is behind it. */
static size_t find_place(const struct drill_log *self, enum drill_choice_kind kind,
                         const char *site, bool behind)
{
    size_t low = 0, high = self->count;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        const int order = compare_stream(&self->sorted[middle]->decision, kind, site);
        if (order < 0 || (behind && order == 0))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static struct drill_log_stream *add_stream(struct drill_log *self,
                                           const struct drill_choice *choice)
{
    struct drill_mem *mem = &self->mem;
    struct drill_log_stream *stream = drill_mem_zeroed(mem, sizeof *stream);
    char site[DRILL_LOG_SITE];

    if (stream == NULL)
        return NULL;
    stream->key.kind = choice->kind;
    stream->key.site = choice->site;
    HASH_ADD(hh, self->streams, key, sizeof stream->key, stream);
    if (!drill_table_has(stream)) {
        drill_mem_free(mem, stream, sizeof *stream);
        return NULL;
    }
    drill_choice_show_site(choice, site, sizeof site);
    stream->first = stream->at = find_place(self, choice->kind, site, false);
    stream->end = find_place(self, choice->kind, site, true);
    return stream;
}

static struct drill_log_stream *stream_of(struct drill_log *self, const struct drill_choice *choice)
{
    const struct drill_log_stream key = {.key = {choice->kind, choice->site}};
    struct drill_log_stream *stream;

    if (drill_log_sort(self) < 0)
        return NULL;
    HASH_FIND(hh, self->streams, &key.key, sizeof key.key, stream);
    return stream != NULL ? stream : add_stream(self, choice);
}

/* Who asked: what does not change when a program moves a little is task, call, kind of packet and
 * link, without the time in front, numbers, arguments and what came of it. */
static void strip(const char *about, char *who, size_t size)
{
    size_t used = 0;

    about += strcspn(about, " ");
    about += *about == ' ';
    if (strncmp(about, "packet #", 8) == 0) {
        about += 8 + strspn(about + 8, "0123456789");
        about += *about == ' ';
    }
    for (; *about != '\0' && *about != '(' && strncmp(about, ": ", 2) != 0 && used + 1 < size;
         about++)
        who[used++] = *about;
    who[used] = '\0';
}

static void note_odd(struct drill_log *self, const struct drill_log_entry *entry, const char *why)
{
    if (self->odd != NULL && self->odd < entry)
        return;
    self->odd = entry;
    snprintf(self->why, sizeof self->why, "%s", why);
}

static uint64_t meet(struct drill_log *self, struct drill_log_entry *entry,
                     const struct drill_choice *choice)
{
    const struct drill_decision *decision = &entry->decision;
    char about[DRILL_LOG_ABOUT], now[DRILL_LOG_ABOUT], then[DRILL_LOG_ABOUT], why[3 * 160];

    entry->met = self->run;
    if (decision->answer >= choice->count) {
        snprintf(why, sizeof why, "only answers below %" PRIu64 " are possible", choice->count);
        note_odd(self, entry, why);
    } else if (decision->answer > 0 && decision->about[0] != '\0') {
        drill_choice_show_about(choice, 0, about, sizeof about);
        strip(about, now, sizeof now);
        strip(decision->about, then, sizeof then);
        if (strcmp(now, then) != 0) {
            snprintf(why, sizeof why, "%.150s asks now, where it was %.150s", now, then);
            note_odd(self, entry, why);
        }
    }
    return decision->answer;
}

static bool is_behind(const struct drill_log_entry *entry, uint64_t index)
{
    return entry->decision.index < index ||
           (entry->decision.index == index && entry->decision.answer == 0);
}

uint64_t drill_log_answer(void *log, const struct drill_choice *choice)
{
    struct drill_log *self = log;

    if (choice->number <= self->number) {
        forget_streams(self);
        self->odd = NULL;
        self->run++;
    }
    self->number = choice->number;
    struct drill_log_stream *stream = stream_of(self, choice);
    if (stream == NULL) {
        self->error = -ENOMEM;
        return 0;
    }
    stream->asked = choice->index + 1;
    /* What is 0 is as good as none, and may stand beside another of the same place. */
    while (stream->at < stream->end && is_behind(self->sorted[stream->at], choice->index))
        stream->at++;
    if (stream->at == stream->end || self->sorted[stream->at]->decision.index != choice->index)
        return 0;
    return meet(self, self->sorted[stream->at], choice);
}

/* How often the stream of an entry was asked in this run. */
static uint64_t count_asked(const struct drill_log *self, const struct drill_log_entry *entry)
{
    for (const struct drill_log_stream *stream = self->streams; stream != NULL;
         stream = stream->hh.next)
        if (stream->first < stream->end &&
            compare_stream(&self->sorted[stream->first]->decision, entry->decision.kind,
                           entry->decision.site) == 0)
            return stream->asked;
    return 0;
}

unsigned drill_log_find_misfit(const struct drill_log *self, char *text, size_t size)
{
    for (size_t i = 0; i < self->count; i++) {
        const struct drill_log_entry *entry = &self->entries[i];
        const unsigned line = entry->decision.line != 0 ? entry->decision.line
                                                        : (unsigned)(self->header_count + i + 1);
        if (entry == self->odd) {
            snprintf(text, size, "%s", self->why);
            return line;
        }
        if (entry->decision.answer == 0 || entry->met == self->run)
            continue;
        const uint64_t asked = count_asked(self, entry);
        if (asked > 0)
            snprintf(text, size, "not asked: there were only %" PRIu64 " such choices", asked);
        else
            snprintf(text, size, "not asked: there was no such choice");
        return line;
    }
    return 0;
}

void drill_log_set_answer(struct drill_log *self, size_t place, uint64_t answer)
{
    self->entries[place].decision.answer = answer;
}

void drill_log_set_index(struct drill_log *self, size_t place, uint64_t index)
{
    forget_run(self);
    self->entries[place].decision.index = index;
}

void drill_log_remove_calm(struct drill_log *self)
{
    size_t kept = 0;

    forget_run(self);
    for (size_t i = 0; i < self->count; i++) {
        const struct drill_decision *decision = &self->entries[i].decision;
        if (decision->answer == 0)
            drop_texts(&self->mem, decision->site, decision->about);
        else
            self->entries[kept++] = self->entries[i];
    }
    self->count = kept;
}
