/*
 * api/decide.h - logs of decisions, and oracles beside the seed.
 *
 *     struct drill_log *log = drill_log_new();
 *     drill_log_record(log, world);       each decision that was not 0
 *     ...
 *     drill_log_replay(log, another);     decides as it says; 0, calm, where it says nothing
 *     ...
 *     unsigned line = drill_log_misfit(log, why, sizeof why);
 *
 *     struct drill_tape *tape = drill_tape_new(&(struct drill_tape_config){.budget = 1});
 *     do {
 *         struct drill_world *world = ...
 *         drill_oracle_set(world, drill_tape_oracle, tape);
 *         ...
 *     } while (drill_tape_next(tape));
 *
 * An oracle is set before the world's first question: by that it knows that a run begins.
 *
 *   Owns    what is made here is freed by its _free, after the worlds that use it.
 *   Errors  NULL when out of memory; others 0 or a negative errno.
 */
#ifndef SOCKDRILL_DECIDE_H
#define SOCKDRILL_DECIDE_H

#include "api/sockdrill.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Of a choice that is being asked, or heard of by a recorder: its site as a text that outlives a
 * rebuild, when and by whom it is asked, and, if the answer is not 0, what comes of it; and the
 * whole as a line of a log. */
DRILL_API void drill_choice_site(const struct drill_choice *choice, char *text, size_t size);
DRILL_API void drill_choice_about(const struct drill_choice *choice, uint64_t answer, char *text,
                                  size_t size);
DRILL_API void drill_choice_line(const struct drill_choice *choice, uint64_t answer, char *text,
                                 size_t size);
/* "fault", "loss" ...; _find: -1, there is none. */
DRILL_API const char *drill_kind_name(enum drill_choice_kind kind);
DRILL_API int drill_kind_find(const char *name);

/*
 * A log: headers, a key and the rest of the line each, then decisions that were not 0, a line each:
 *
 *     seed 7
 *     choose fault split#1 12 = 1     # 0.040000000 client/ask recv(3, 64): split
 *
 * Reading takes any text: -EINVAL with the place, -ENOMEM, and then the log is empty.
 */
struct drill_log;
DRILL_API struct drill_log *drill_log_new(void);
DRILL_API void drill_log_free(struct drill_log *log);
DRILL_API int drill_log_read(struct drill_log *log, const char *text, size_t size,
                             struct drill_text_error *error);
/* All lines; or what went wrong while it was recorded. */
DRILL_API int drill_log_write(const struct drill_log *log, drill_line *line, void *context);
/* The value of a header, as it stands in the line; NULL: there is none.  A key may come more than
 * once: _header_at counts from 0. */
DRILL_API int drill_log_set_header(struct drill_log *log, const char *key, const char *value);
DRILL_API const char *drill_log_header(const struct drill_log *log, const char *key);
DRILL_API bool drill_log_header_at(const struct drill_log *log, size_t place, const char **key,
                                   const char **value);
/* Forgets its decisions and hears those of a world from now on. */
DRILL_API void drill_log_record(struct drill_log *log, struct drill_world *world);
/* Answers for the seed; drill_log_oracle is the same for drill_oracle_set, with the log. */
DRILL_API void drill_log_replay(struct drill_log *log, struct drill_world *world);
DRILL_API uint64_t drill_log_oracle(void *log, const struct drill_choice *choice);
/* The line of the first decision that does not fit the run that was replayed, and why: it was not
 * asked for, or another task, call or packet was about to be decided on.  0: all fit. */
DRILL_API unsigned drill_log_misfit(const struct drill_log *log, char *why, size_t size);
/* Its decisions, from 0.  An answer of 0 is as none; drill_log_drop_calm takes these out. */
DRILL_API size_t drill_log_count(const struct drill_log *log);
DRILL_API struct drill_decision drill_log_at(const struct drill_log *log, size_t place);
DRILL_API void drill_log_change(struct drill_log *log, size_t place, uint64_t answer);
/* It is asked for at another question of its kind and site. */
DRILL_API void drill_log_move(struct drill_log *log, size_t place, uint64_t index);
DRILL_API void drill_log_drop_calm(struct drill_log *log);

/*
 * A tape goes through all combinations of answers, depth first (struct drill_tape_config: which
 * kinds, and how many answers of a run may be other than 0).  drill_tape_next is called after each
 * run, and false once all were made, or if a run was not as the one before.  _place makes one in
 * memory of the caller's, of _size bytes and aligned for a uint64_t, which processes may share: it
 * is not freed.
 */
struct drill_tape;
DRILL_API struct drill_tape *drill_tape_new(const struct drill_tape_config *config);
DRILL_API void drill_tape_free(struct drill_tape *tape);
DRILL_API size_t drill_tape_size(const struct drill_tape_config *config);
DRILL_API struct drill_tape *drill_tape_place(void *memory, const struct drill_tape_config *config);
DRILL_API uint64_t drill_tape_oracle(void *tape, const struct drill_choice *choice);
DRILL_API bool drill_tape_next(struct drill_tape *tape);
DRILL_API struct drill_tape_state drill_tape_state(const struct drill_tape *tape);

/* Decisions from a fuzzer's bytes: the context is a struct drill_bytes. */
DRILL_API uint64_t drill_bytes_oracle(void *bytes, const struct drill_choice *choice);

#ifdef __cplusplus
}
#endif

#endif
