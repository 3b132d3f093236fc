/*
 * tools/scenario_choose.c - decisions that are part of a scenario: the lines of a log
 * (emu/choice_log.h), which then answer all that its runs ask.
 */
#include <errno.h>
#include <string.h>

#include "emu/choice_log.h"
#include "tools/scenario_parts.h"

/* choose KIND SITE INDEX = ANSWER */
int drill_read_choose(struct drill_reader *reader, struct drill_statement *statement)
{
    struct drill_words *words = &reader->words;
    struct drill_text *text = reader->text;
    struct drill_decision decision = {.about = "", .line = statement->line};
    const char *const name = drill_words_take(words, "a kind of decision");
    const int kind = name != NULL ? drill_choice_find_kind(name) : 0;

    if (name == NULL)
        return -EINVAL;
    if (kind < 0)
        return drill_words_refuse(words, "expected a kind of decision, not '%s'", name);
    decision.kind = (enum drill_choice_kind)kind;
    decision.site = drill_words_take(words, "where it is decided");
    if (decision.site != NULL && strlen(decision.site) != words->size[words->at - 1])
        return drill_words_refuse(words, "expected a place without a NUL");
    if (decision.site == NULL ||
        drill_words_number(words, &decision.index, "the number of the question, from 0") < 0)
        return -EINVAL;
    if (!drill_words_skip(words, "=")) {
        drill_words_take(words, "=");
        return drill_words_refuse(words, "expected =");
    }
    if (drill_words_number(words, &decision.answer, "the answer") < 0)
        return -EINVAL;
    if (text->log == NULL && (text->log = drill_log_new()) == NULL)
        return -ENOMEM;
    return drill_log_add(text->log, &decision);
}
