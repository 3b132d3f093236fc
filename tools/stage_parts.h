/*
 * tools/stage_parts.h - what a stage is made of: for the files that set it, run it and judge it.
 *
 * It lies on the stack of drill_stage_run, and what is told to it lies in its own memory, so that
 * a small scenario asks the system for nothing but its world.
 *
 *   Owns    players, rules and wishes, all in drill_stage_keep.
 *   Errors  -ENOMEM; -EINVAL with a message on the report of its world.
 */
#ifndef TOOLS_STAGE_PARTS_H
#define TOOLS_STAGE_PARTS_H

#include <stdalign.h>

#include "emu/world.h"
#include "tools/stage.h"

/* In a trace: everybody has ended, and what follows is services that give back what they have. */
#define DRILL_STAGE_OVER "all have ended, and services are told to"

enum { DRILL_STAGE_ROOM = 6144 };

/* What becomes of the rules of a scenario. */
enum drill_rules { DRILL_RULES_ON, DRILL_RULES_OFF, DRILL_RULES_NONE };

enum drill_role { DRILL_MUST_END, DRILL_SERVES, DRILL_BOOTS };

/* A subject on its host. */
struct drill_player {
    struct drill_player *next;
    struct drill_stage *stage;
    struct drill_host *host;
    const char *name; /* HOST/NAME; the task is called what stands behind the stroke */
    enum drill_role role;
    drill_subject *subject;
    int argc;
    const char **argv;
    int64_t (*run)(void *argument); /* instead of a subject */
    void *argument;
    uint32_t begun, returned; /* more than once only of a boot */
    bool ended;
    int64_t status, ended_ns;
    int64_t heap_bytes; /* that it has taken and not given back */
    /* What is expected of it. */
    bool any_exit, gone;
    int64_t exit;
    int64_t by_ns; /* DRILL_NEVER: no time of its own */
};

/* A rule of the scenario. */
struct drill_cue {
    struct drill_cue *next;
    int id; /* 0: it was not added, or is gone */
    const char *name;
    uint64_t hits; /* up to when it went */
    bool off;
};

enum drill_wish_kind {
    DRILL_WISH_RECEIVED,
    DRILL_WISH_DIGEST,
    DRILL_WISH_REACHED,
    DRILL_WISH_HITS
};

/* An expectation that is looked at when all is over. */
struct drill_wish {
    struct drill_wish *next;
    enum drill_wish_kind kind;
    const char *name; /* a task, a mark or a rule */
    const struct drill_player *player;
    const char *bytes;
    size_t size;
    uint64_t number; /* a digest, or hits */
    bool or_more;
};

struct drill_stage_block;
struct drill_statement;

struct drill_stage {
    const struct drill_scenario *scenario;
    const struct drill_order *order;
    struct drill_outcome *outcome;
    struct drill_world *world;
    drill_recorder *recorder; /* of the log */
    void *recorder_context;
    enum drill_rules rules;
    struct drill_player *players, **players_end;
    struct drill_cue *cues, **cues_end;
    struct drill_wish *wishes, **wishes_end;
    const struct drill_statement *statement; /* of a text: the one that is set up */
    bool rehearses;
    uint32_t to_come; /* players that must end and have not begun */
    int64_t calm_ns, within_ns, limit_ns;
    uint64_t limit_calls;
    unsigned allowed;
    bool expects_stall, calmed;
    bool stalled;              /* nothing can move any more, and somebody waits */
    bool out_of_time;          /* limit or budget has passed, and somebody has not ended */
    bool stopped;              /* the run is to end now */
    int64_t ended_ns;          /* when the last of those who must end had ended */
    int64_t leaked;            /* bytes of the heap of ... */
    char leaker[64];           /* ... who has ended with them: HOST/NAME */
    char step[DRILL_SENTENCE]; /* of a script: the first that was not met; "": none */
    struct drill_stage_block *blocks;
    size_t used;
    alignas(16) char room[DRILL_STAGE_ROOM];
};

/* stage.c */
void drill_stage_init(struct drill_stage *self, const struct drill_scenario *scenario,
                      const struct drill_order *order, struct drill_outcome *outcome);
/* stage_open.c: makes its world. */
int drill_stage_open(struct drill_stage *self);
/* Sets it up, plays, judges, and lets it go: 0 or an error. */
int drill_stage_once(struct drill_stage *self);
/* Memory until the run is over; NULL: out of memory. */
void *drill_stage_keep(struct drill_stage *self, size_t size);
char *drill_stage_keep_text(struct drill_stage *self, const char *text);
/* A message for whoever wants it, and -EINVAL. */
int drill_stage_refuse(struct drill_stage *self, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Sets it up and lets it go again: 0 or an error, and at which statement of a text. */
int drill_stage_rehearse(const struct drill_scenario *scenario, const struct drill_order *order,
                         const struct drill_statement **statement);

/* stage_task.c */
struct drill_player *drill_stage_player(const struct drill_stage *self, const char *name);
/* Of a stage: where the memory counts that is taken now (tools/heap.h). */
int64_t *drill_stage_meter(void *context);
/* A task that runs a function instead of a subject. */
int drill_stage_run_task(struct drill_stage *self, struct drill_host *host, const char *name,
                         int64_t (*run)(void *argument), void *argument);
/* Those that must end and have not: NULL, or the first. */
const struct drill_player *drill_stage_waiting(const struct drill_stage *self);

/* stage_rule.c */
int drill_stage_add_rule(struct drill_stage *self, const struct drill_fault *fault);
int drill_stage_remove_rule(struct drill_stage *self, const char *label);
void drill_stage_remove_rules(struct drill_stage *self);
/* Brings the hits of its cues up to date. */
void drill_stage_count_hits(struct drill_stage *self);

/* stage_expect.c: bytes as a text in quotes, cut to the room. */
enum { DRILL_SHOWN_BYTES = 168 };
void drill_show_bytes(const char *bytes, size_t size, char text[DRILL_SHOWN_BYTES]);

/* stage_calm.c: the end of all chaos, now. */
void drill_stage_become_calm(struct drill_stage *self);

/* judge.c: one run, whose world is still there: its outcome. */
void drill_judge_run(struct drill_stage *self);

#endif
