/*
 * scenarios/report.h - what a person sees: progress on standard error, then a table on standard
 * output that fits 100 columns, and for each broken contract the command that shows it again.
 */
#ifndef SCENARIOS_REPORT_H
#define SCENARIOS_REPORT_H

#include "scenarios/drill.h"

/* A drill begins: the `number`-th of `count`. */
void drill_report_begin(const struct drill_order *order, size_t number, size_t count);
/* All have ended: leaves the line of progress. */
void drill_report_end(void);
void drill_report_head(void);
void drill_report_row(const struct drill_order *order, const struct drill_finding *finding);
/* The command that runs a broken drill alone. */
void drill_report_again(const struct drill_order *order, const struct drill_finding *finding);

#endif
