#include "emu/jitter.h"

#include <assert.h>

/* Factors of jitter_ns are in units of 1 / ONE. */
enum {
    ONE = 65536,
    STEPS = 8, /* knots of a table in each octave */
    STEP_DRAWS = DRILL_JITTER_DRAWS / STEPS,
    KNOTS = 16 * STEPS + 1,
    PARETO_MAX = 16 * ONE,
};

/* Beyond nine years a jitter is cut, lest sixteen times it overflow. */
static const int64_t jitter_max_ns = INT64_MAX / 32;

/*
 * Factors by the part of the draws that lies above, its tail: knot 8 * k + i is that of a tail of
 * 2^k * (1 + i / 8) draws, so the rare long delays are as exact as the common short ones.
 */

/* -ln(tail), cut at 8 */
static const int32_t exponential[KNOTS] = {
    524288, 524288, 524288, 524288, 524288, 524288, 524288, 524288, 524288, 524288, 524288, 524288,
    524288, 524288, 524288, 524288, 524288, 524288, 524288, 524288, 524288, 524288, 524288, 524288,
    524288, 524288, 524288, 524288, 524288, 524288, 524288, 524288, 524288, 524288, 524288, 524243,
    518541, 513295, 508438, 503917, 499687, 491968, 485063, 478817, 473114, 467869, 463012, 458491,
    454261, 446542, 439637, 433391, 427688, 422443, 417586, 413064, 408835, 401116, 394211, 387965,
    382262, 377017, 372160, 367638, 363409, 355690, 348785, 342539, 336836, 331591, 326734, 322212,
    317983, 310264, 303359, 297112, 291410, 286164, 281308, 276786, 272557, 264838, 257933, 251686,
    245984, 240738, 235882, 231360, 227130, 219411, 212507, 206260, 200558, 195312, 190455, 185934,
    181704, 173985, 167080, 160834, 155132, 149886, 145029, 140508, 136278, 128559, 121654, 115408,
    109706, 104460, 99603,  95082,  90852,  83133,  76228,  69982,  64280,  59034,  54177,  49656,
    45426,  37707,  30802,  24556,  18854,  13608,  8751,   4230,   0,
};

/* A quarter of the sigmas by which a normal deviate is off, either way, with that chance. */
static const int32_t normal[KNOTS] = {
    65536, 65536, 65536, 65536, 65536, 65536, 65536, 65536, 65536, 65536, 65536, 65536, 65536,
    65536, 65536, 65536, 65536, 65223, 64811, 64437, 64093, 63776, 63481, 63205, 62946, 62471,
    62043, 61654, 61297, 60966, 60659, 60372, 60102, 59607, 59160, 58754, 58381, 58036, 57715,
    57415, 57133, 56615, 56148, 55722, 55331, 54969, 54633, 54317, 54021, 53477, 52986, 52538,
    52127, 51746, 51391, 51058, 50746, 50171, 49652, 49178, 48743, 48339, 47963, 47610, 47278,
    46668, 46115, 45611, 45147, 44716, 44314, 43937, 43583, 42929, 42337, 41795, 41296, 40832,
    40399, 39993, 39609, 38902, 38260, 37673, 37130, 36625, 36153, 35708, 35289, 34514, 33809,
    33161, 32562, 32003, 31479, 30986, 30519, 29653, 28863, 28135, 27459, 26826, 26231, 25669,
    25135, 24141, 23229, 22384, 21594, 20852, 20150, 19483, 18847, 17654, 16548, 15512, 14535,
    13607, 12721, 11870, 11051, 9489,  8008,  6590,  5221,  3886,  2577,  1285,  0,
};

static int32_t factor_at(const int32_t *table, uint32_t tail)
{
    if (tail == DRILL_JITTER_DRAWS)
        return table[KNOTS - 1];
    unsigned octave = 31 - (unsigned)__builtin_clz(tail);
    uint32_t place = (tail << (16 - octave)) - DRILL_JITTER_DRAWS;
    const int32_t *knot = &table[octave * STEPS + place / STEP_DRAWS];

    return knot[0] - (knot[0] - knot[1]) * (int32_t)(place % STEP_DRAWS) / STEP_DRAWS;
}

/* Pareto's law of index 1, moved to begin at 0: half of the draws lie below an eighth. */
static int32_t pareto(uint32_t draw, uint32_t tail)
{
    uint32_t factor = ONE / 8 * draw / tail;

    return factor < PARETO_MAX ? (int32_t)factor : PARETO_MAX;
}

static int32_t factor_of(enum drill_jitter shape, uint32_t draw)
{
    uint32_t tail = DRILL_JITTER_DRAWS - draw;

    switch (shape) {
    case DRILL_JITTER_NORMAL:
        return factor_at(normal, tail);
    case DRILL_JITTER_EXPONENTIAL:
        return factor_at(exponential, tail);
    case DRILL_JITTER_PARETO:
        return pareto(draw, tail);
    case DRILL_JITTER_UNIFORM:
        break;
    }
    return (int32_t)(draw + draw / (DRILL_JITTER_DRAWS / 2)); /* the last draw is all of it */
}

int64_t drill_jitter_delay(enum drill_jitter shape, int64_t jitter_ns, uint32_t draw)
{
    assert(draw < DRILL_JITTER_DRAWS);
    if (jitter_ns <= 0)
        return 0;
    if (jitter_ns > jitter_max_ns)
        jitter_ns = jitter_max_ns;
    int64_t factor = factor_of(shape, draw);
    return jitter_ns / ONE * factor + jitter_ns % ONE * factor / ONE;
}
