#include "api/decide.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "api/need.h"
#include "emu/choice_log.h"
#include "emu/choice_tape.h"

void drill_choice_site(const struct drill_choice *choice, char *text, size_t size)
{
    drill_choice_show_site(choice, text, size);
}

void drill_choice_about(const struct drill_choice *choice, uint64_t answer, char *text, size_t size)
{
    drill_choice_show_about(choice, answer, text, size);
}

void drill_choice_line(const struct drill_choice *choice, uint64_t answer, char *text, size_t size)
{
    char site[DRILL_LOG_SITE], about[DRILL_LOG_ABOUT];

    drill_choice_show_site(choice, site, sizeof site);
    drill_choice_show_about(choice, answer, about, sizeof about);
    drill_decision_show(&(struct drill_decision){.kind = choice->kind,
                                                 .index = choice->index,
                                                 .answer = answer,
                                                 .site = site,
                                                 .about = about},
                        text, size);
}

const char *drill_kind_name(enum drill_choice_kind kind)
{
    return drill_choice_kind_name(kind);
}

int drill_kind_find(const char *name)
{
    DRILL_NEED(name, -1);
    return drill_choice_find_kind(name);
}

struct drill_log *drill_log_new(void)
{
    struct drill_log *log = malloc(sizeof *log);

    if (log != NULL)
        drill_log_init(log, 0);
    return log;
}

void drill_log_free(struct drill_log *log)
{
    if (log == NULL)
        return;
    drill_log_fini(log);
    free(log);
}

int drill_log_read(struct drill_log *log, const char *text, size_t size,
                   struct drill_text_error *error)
{
    DRILL_NEED(log, -EINVAL);
    DRILL_NEED(text, -EINVAL);
    DRILL_NEED(error, -EINVAL);
    return drill_log_parse(log, text, size, error);
}

int drill_log_write(const struct drill_log *log, drill_line *line, void *context)
{
    char text[DRILL_LOG_LINE];

    DRILL_NEED(log, -EINVAL);
    DRILL_NEED(line, -EINVAL);
    if (log->error < 0)
        return log->error;
    for (size_t place = 0; drill_log_show(log, place, text, sizeof text); place++)
        line(context, text);
    return 0;
}

int drill_log_set_header(struct drill_log *log, const char *key, const char *value)
{
    DRILL_NEED(log, -EINVAL);
    DRILL_NEED(key, -EINVAL);
    DRILL_NEED(value, -EINVAL);
    return drill_log_add_header(log, key, value);
}

const char *drill_log_header(const struct drill_log *log, const char *key)
{
    const char *each, *value;

    DRILL_NEED(log, NULL);
    DRILL_NEED(key, NULL);
    for (size_t place = 0; drill_log_header_at(log, place, &each, &value); place++)
        if (strcmp(each, key) == 0)
            return value;
    return NULL;
}

bool drill_log_header_at(const struct drill_log *log, size_t place, const char **key,
                         const char **value)
{
    DRILL_NEED(log, false);
    if (place >= log->header_count)
        return false;
    *key = log->headers[place].key;
    *value = log->headers[place].value;
    return true;
}

void drill_log_record(struct drill_log *log, struct drill_world *world)
{
    DRILL_NEED(log, );
    drill_log_clear(log);
    drill_recorder_set(world, drill_log_hear, log);
}

void drill_log_replay(struct drill_log *log, struct drill_world *world)
{
    DRILL_NEED(log, );
    drill_oracle_set(world, drill_log_oracle, log);
}

uint64_t drill_log_oracle(void *log, const struct drill_choice *choice)
{
    return drill_log_answer(log, choice);
}

size_t drill_log_count(const struct drill_log *log)
{
    DRILL_NEED(log, 0);
    return log->count;
}

struct drill_decision drill_log_at(const struct drill_log *log, size_t place)
{
    static const struct drill_decision none = {.site = "", .about = ""};

    DRILL_NEED(log, none);
    return place < log->count ? log->entries[place].decision : none;
}

unsigned drill_log_misfit(const struct drill_log *log, char *why, size_t size)
{
    DRILL_NEED(log, 0);
    DRILL_NEED(why, 0);
    return drill_log_find_misfit(log, why, size);
}

void drill_log_change(struct drill_log *log, size_t place, uint64_t answer)
{
    DRILL_NEED(log, );
    if (place < log->count)
        drill_log_set_answer(log, place, answer);
}

void drill_log_move(struct drill_log *log, size_t place, uint64_t index)
{
    DRILL_NEED(log, );
    if (place < log->count)
        drill_log_set_index(log, place, index);
}

void drill_log_drop_calm(struct drill_log *log)
{
    DRILL_NEED(log, );
    drill_log_remove_calm(log);
}

struct drill_tape *drill_tape_new(const struct drill_tape_config *config)
{
    DRILL_NEED(config, NULL);
    void *memory = malloc(drill_tape_bytes(config));

    return memory != NULL ? drill_tape_place(memory, config) : NULL;
}

void drill_tape_free(struct drill_tape *tape)
{
    free(tape);
}

size_t drill_tape_size(const struct drill_tape_config *config)
{
    DRILL_NEED(config, 0);
    return drill_tape_bytes(config);
}

struct drill_tape *drill_tape_place(void *memory, const struct drill_tape_config *config)
{
    DRILL_NEED(memory, NULL);
    DRILL_NEED(config, NULL);
    drill_tape_init(memory, config);
    return memory;
}

uint64_t drill_tape_oracle(void *tape, const struct drill_choice *choice)
{
    return drill_tape_answer(tape, choice);
}

bool drill_tape_next(struct drill_tape *tape)
{
    DRILL_NEED(tape, false);
    return drill_tape_advance(tape);
}

struct drill_tape_state drill_tape_state(const struct drill_tape *tape)
{
    DRILL_NEED(tape, (struct drill_tape_state){0});
    return drill_tape_look(tape);
}

uint64_t drill_bytes_oracle(void *bytes, const struct drill_choice *choice)
{
    return drill_bytes_answer(bytes, choice);
}
