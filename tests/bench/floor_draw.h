/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * floor_draw.h - cheap chance for benches: both sides of a comparison use it
 *
 * Uniform bits from xoshiro256++, exponential variates by a ziggurat of 256
 * layers: a few ns a draw, so that the queue is what is measured. Not for
 * models, which draw from chance.h.
 *
 * SOURCE     Blackman & Vigna 2021, "Scrambled linear pseudorandom number
 *            generators"; Marsaglia & Tsang 2000, "The ziggurat method for
 *            generating random variables".
 */
#ifndef TESTS_BENCH_FLOOR_DRAW_H
#define TESTS_BENCH_FLOOR_DRAW_H

#include <math.h>
#include <stdint.h>

#define FLOOR_LAYERS     256
#define FLOOR_LAYER_BITS 8
/* Where the tail begins and the area of a layer, for 256 layers. */
#define FLOOR_TAIL 7.69711747013104972
#define FLOOR_AREA 3.949659822581572e-3

struct floor_draw {
    uint64_t s[4];
    double x[FLOOR_LAYERS + 1]; /* right edges, from the widest layer */
    double y[FLOOR_LAYERS + 1]; /* e^-x */
};

static inline void
floor_draw_init(struct floor_draw *draw, uint64_t seed)
{
    for (int i = 0; i < 4; i++) {
        seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407;
        draw->s[i] = seed ^ seed >> 29;
    }
    /* Layer 0 has the tail in it: a rectangle as wide as its area asks for. */
    draw->x[0] = FLOOR_AREA / exp(-FLOOR_TAIL);
    draw->x[1] = FLOOR_TAIL;
    for (int i = 2; i < FLOOR_LAYERS; i++) {
        draw->x[i] = -log(exp(-draw->x[i - 1]) + FLOOR_AREA / draw->x[i - 1]);
    }
    draw->x[FLOOR_LAYERS] = 0;
    for (int i = 0; i <= FLOOR_LAYERS; i++) {
        draw->y[i] = exp(-draw->x[i]);
    }
}

static inline uint64_t
floor_draw_u64(struct floor_draw *draw)
{
    uint64_t *s = draw->s;
    uint64_t sum = s[0] + s[3];
    uint64_t result = (sum << 23 | sum >> 41) + s[0];
    uint64_t t = s[1] << 17;

    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = s[3] << 45 | s[3] >> 19;
    return result;
}

/* floor_draw_unit - uniform in [0, 1) */
static inline double
floor_draw_unit(uint64_t bits)
{
    return (double)(bits >> 11) * 0x1p-53;
}

/* floor_draw_rare - the 1 draw in 80 that the inner rectangles do not settle:
 * a wedge or the tail; below 0: draw again */
static __attribute__((noinline, cold)) double
floor_draw_rare(struct floor_draw *draw, uint64_t layer, double x)
{
    double unit = floor_draw_unit(floor_draw_u64(draw));

    if (layer == 0) { /* memoryless: the tail is the whole, further out */
        return FLOOR_TAIL - log(1.0 - unit);
    }
    double bottom = draw->y[layer];
    double top = draw->y[layer + 1];

    return bottom + unit * (top - bottom) < exp(-x) ? x : -1.0;
}

/* floor_draw_exp - exponential, mean 1 */
static inline double
floor_draw_exp(struct floor_draw *draw)
{
    for (;;) {
        uint64_t bits = floor_draw_u64(draw);
        uint64_t layer = bits & (FLOOR_LAYERS - 1);
        double x = floor_draw_unit(bits) * draw->x[layer];

        if (__builtin_expect(x < draw->x[layer + 1], 1)) {
            return x;
        }
        x = floor_draw_rare(draw, layer, x);
        if (x >= 0) {
            return x;
        }
    }
}

/* floor_draw_ns - exponential, rounded down to ns */
static inline int64_t
floor_draw_ns(struct floor_draw *draw, double mean_ns)
{
    return (int64_t)(floor_draw_exp(draw) * mean_ns);
}

#endif
