/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * variate.c - fixed-point logarithm, exponential and normal quantile, and the
 * samplers made of them; see variate.h
 *
 * Why each function is monotone, not only nearly so: it is built of rows, and
 * within a row it is base + t * slope(t), where t is a monotone function of the
 * argument. The slope carries an error of some 2^-61, but it is multiplied by a
 * small t, and so moves the result by less than one step of t does. Dropping
 * low bits afterwards keeps the order. Where rows meet, what is lost to
 * rounding makes the function jump forward, or the value is held back to the
 * next row's first. tests/unit/test_variate.c walks every border there is.
 */
#include "sim/kernel/variate.h"

#include <stddef.h>

#include "sim/kernel/variate_table.h"

#define UNIT_BITS 56 /* of what variate.h passes around */

/* ln 2 in units of 2^-64, rounded to nearest and rounded down, and 1 / ln 2 in
 * units of 2^-62. */
#define LN_2       UINT64_C(0xb17217f7d1cf79ac)
#define LN_2_FLOOR UINT64_C(0xb17217f7d1cf79ab)
#define LOG2_E     INT64_C(0x5c551d94ae0bf85e)

#define ONE_63 (UINT64_C(1) << 63) /* 1 in units of 2^-63 */

/* 2^56 / 10^6: one millionth; rounding is 1e-12 of it. */
#define MILLIONTH_56 UINT64_C(72057594038)

/* GUESS: shapes beyond these are a slip of the pen; they also bound what the
 * arithmetic below must hold. A sigma of 10 spreads over 80 decades. */
#define SIGMA_PPM_MAX 10000000
#define SHAPE_PPM_MIN 10000
#define SHAPE_PPM_MAX 100000000

/* mantissa / 2^63 * 2^exponent, mantissa >= 2^63 */
struct scaled {
    uint64_t mantissa;
    int exponent;
};

static inline uint64_t
mul_high(uint64_t a, uint64_t b)
{
    return (uint64_t)(((base_u128)a * b) >> 64);
}

/* A right shift that rounds down for negative numbers too: gcc and clang both
 * define it so. */
static inline base_i128
floor_shift(base_i128 x, int bits)
{
    return x >> bits;
}

/* --- Logarithm -------------------------------------------------------------*/

/* log_slope - -ln(1 - r) / r for r < 2^-7 in units of 2^-64; result in units
 * of 2^-63. Eight terms of the series: r^9 / 9 is below 2^-66. Summed in pairs,
 * which lets the multiplications overlap. */
static inline uint64_t
log_slope(uint64_t r)
{
    const uint64_t r2 = mul_high(r, r);
    const uint64_t q1 = ONE_63 + (r >> 2);
    const uint64_t q3 = ONE_63 / 3 + (r >> 3);
    const uint64_t q5 = ONE_63 / 5 + mul_high(r, ONE_63 / 6);
    const uint64_t q7 = ONE_63 / 7 + (r >> 4);

    return q1 + mul_high(r2, q3) +
           mul_high(mul_high(r2, r2), q5 + mul_high(r2, q7));
}

/* neg_log_mantissa - -ln(m / 2^64), m >= 2^63, in units of 2^-64; at most
 * ln 2 and falling in m. With c the row's inverse, m c = 1 - r. Good to 2^-62:
 * whole high words only, since shifts across two words are slow. */
static inline uint64_t
neg_log_mantissa(uint64_t m)
{
    const struct variate_log_row *row =
        &variate_log_table[(m >> 56) % VARIATE_LOG_ROWS];
    const uint64_t r = (ONE_63 - mul_high(m, row->inverse)) << 1;

    return row->neg_log + (mul_high(r, log_slope(r)) << 1);
}

/* (2u + 1) / 2^65 = mantissa / 2^64 * 2^-octaves */
struct normalised {
    uint64_t mantissa;
    uint32_t octaves;
};

/* In the upper half of all u, octave 0, there is no room for the half: it is
 * dropped, 2^-64 of the value. No branch on octaves: it would be guessed wrong
 * every other time. */
static inline struct normalised
normalise(uint64_t u)
{
    if (u == 0) {
        return (struct normalised){ONE_63, 64};
    }
    const uint32_t k = (uint32_t)__builtin_clzll(u);
    return (struct normalised){(u << k) + ((UINT64_C(1) << k) >> 1), k};
}

/* neg_log - variate_neg_log for the functions here; octaves ln 2 + the rest,
 * rounded from units of 2^-64 to 2^-56 once, without a sum of 70 bits */
static inline uint64_t
neg_log(uint64_t u)
{
    const struct normalised x = normalise(u);
    const uint64_t low = x.octaves * (LN_2 % 256) + 128;

    return x.octaves * (LN_2 / 256) +
           ((neg_log_mantissa(x.mantissa) + low) >> 8);
}

uint64_t
variate_neg_log(uint64_t u)
{
    return neg_log(u);
}

/*
 * neg_log_120 - the same in units of 2^-120, with 54 good bits even where the
 * result is tiny; never 0
 *
 * That is in the last 2^57 of all u, where the argument is 1 - r with an exact
 * r = (2 (2^64 - 1 - u) + 1) / 2^65.
 */
static base_u128
neg_log_120(uint64_t u)
{
    const uint64_t rest = ~u;

    if (rest >> 57 != 0) {
        const struct normalised x = normalise(u);
        return ((base_u128)x.octaves * LN_2 + neg_log_mantissa(x.mantissa))
               << 56;
    }
    return ((base_u128)(2 * rest + 1) * log_slope(rest)) >> 8;
}

/* ln_u128 - ln(x / 2^unit_bits), x > 0, in units of 2^-56, rounded down */
static int64_t
ln_u128(base_u128 x, int unit_bits)
{
    const uint64_t high = (uint64_t)(x >> 64);
    const int zeros =
        high != 0 ? __builtin_clzll(high) : 64 + __builtin_clzll((uint64_t)x);
    const uint64_t m = (uint64_t)((x << zeros) >> 64);
    const base_i128 octaves = 128 - zeros - unit_bits;
    const base_i128 ln =
        octaves * (base_i128)LN_2 - (base_i128)neg_log_mantissa(m);

    return (int64_t)floor_shift(ln, 64 - UNIT_BITS);
}

/* --- Exponential -----------------------------------------------------------*/

/* exp_scaled - e^x, x in units of 2^-56
 *
 * x / ln 2 = k + i/64 + z: 2^k, a table of 2^(i/64), and e^(z ln 2) by seven
 * terms of its series; w^8 / 8! is below 2^-67. Everything rounds down, so the
 * mantissa stays below 2^64 in the last row. */
static inline struct scaled
exp_scaled(int64_t x)
{
    const base_i128 product = (base_i128)x * LOG2_E; /* units of 2^-118 */
    const int64_t t = (int64_t)floor_shift(product, 64);
    const uint64_t fraction = (uint64_t)t << 10; /* the 54 bits below 1 */
    const uint64_t base = variate_exp_table[fraction >> 58];
    const uint64_t w_70 = mul_high(fraction << 6, LN_2_FLOOR);
    const uint64_t w = w_70 >> 6;
    const uint64_t w2 = mul_high(w, w);
    const uint64_t q1 = ONE_63 + (w >> 2);
    const uint64_t q3 = ONE_63 / 6 + mul_high(w, ONE_63 / 24);
    const uint64_t q5 = ONE_63 / 120 + mul_high(w, ONE_63 / 720);
    const uint64_t q7 = ONE_63 / 5040;
    const uint64_t q = q1 + mul_high(w2, q3) +
                       mul_high(mul_high(w2, w2), q5 + mul_high(w2, q7));
    const uint64_t growth = mul_high(mul_high(w_70, q), base); /* 2^-68 */

    return (struct scaled){base + (growth >> 5), (int)floor_shift(t, 54)};
}

int64_t
variate_exp(int64_t x)
{
    const struct scaled e = exp_scaled(x);
    const int drop = 31 - e.exponent; /* from units of 2^-63 to 2^-32 */

    if (drop <= 0) {
        return INT64_MAX;
    }
    if (drop > 64) {
        return 0;
    }
    const base_u128 half = (base_u128)1 << (drop - 1);
    const base_u128 value = (e.mantissa + half) >> drop;
    return value > INT64_MAX ? INT64_MAX : (int64_t)value;
}

/* scale - amount * factor, rounded to nearest, at most VARIATE_MAX */
static inline int64_t
scale(int64_t amount, struct scaled factor)
{
    if (amount == 0) {
        return 0;
    }
    const int zeros = __builtin_clzll((uint64_t)amount);
    const uint64_t product =
        mul_high((uint64_t)amount << zeros, factor.mantissa);
    const int drop = zeros - 1 - factor.exponent;

    /* The product is 2^62 at least: with a drop of 4 about VARIATE_MAX. */
    if (drop < 4) {
        return VARIATE_MAX;
    }
    if (drop > 64) {
        return 0;
    }
    const uint64_t value = ((product >> (drop - 1)) + 1) >> 1;
    return i64_min((int64_t)value, VARIATE_MAX);
}

/* --- Normal ----------------------------------------------------------------*/

/* normal_upper - the x >= 0 with P(X > x) = e^-y, y >= ln 2; both in units of
 * 2^-56; see variate_table.h */
static inline int64_t
normal_upper(uint64_t y)
{
    const int zeros = __builtin_clzll(y); /* 8 for y in [1/2, 1), ... 2 */
    const uint64_t m = y << zeros;
    const unsigned row =
        (unsigned)(8 - zeros) * 8 + (unsigned)(m >> 60) % 8 - 3;
    const struct variate_normal_row *r = &variate_normal_table[row];
    const uint64_t t = m << 4; /* units of 2^-64 */
    const uint64_t t2 = mul_high(t, t);
    const uint64_t q =
        r->q[0] - mul_high(r->q[1], t) +
        mul_high(t2, r->q[2] - mul_high(r->q[3], t)) +
        mul_high(mul_high(t2, t2), r->q[4] - mul_high(r->q[5], t));
    const int64_t x = r->first + (int64_t)(mul_high(t, q) >> 4);
    const int64_t most = variate_normal_table[row + 1].first;

    return i64_max(0, i64_min(x, most) + 4) >> 3;
}

int64_t
variate_normal(uint64_t u)
{
    const uint64_t flip = 0 - (u >> 63); /* all ones in the upper half */
    const int64_t x = normal_upper(neg_log(u ^ flip));
    const int64_t sign = (int64_t)flip;

    return (~sign ^ x) - ~sign;
}

/* --- The samplers ----------------------------------------------------------*/

/* clamp_64 - so that what is out of exp_scaled's range saturates there */
static inline int64_t
clamp_64(base_i128 x)
{
    if (x > INT64_MAX) {
        return INT64_MAX;
    }
    return x < -INT64_MAX ? -INT64_MAX : (int64_t)x;
}

/* divided_by_shape - x / shape, with one 64-bit division */
static inline int64_t
divided_by_shape(int64_t x, int64_t shape_ppm)
{
    const uint64_t inverse = ((uint64_t)PPM << 44) / (uint64_t)shape_ppm;

    return clamp_64(floor_shift((base_i128)x * (base_i128)inverse, 44));
}

/* times_shape - x * shape */
static inline int64_t
times_shape(int64_t x, int64_t shape_ppm)
{
    const uint64_t shape = (uint64_t)shape_ppm * MILLIONTH_56;

    return clamp_64(floor_shift((base_i128)x * (base_i128)shape, UNIT_BITS));
}

/* Each whole number from a to b is equally likely. */
static int64_t
sample_uniform(const struct variate *variate, uint64_t u)
{
    const uint64_t choices = (uint64_t)(variate->b - variate->a) + 1;

    return variate->a + (int64_t)mul_high(u, choices);
}

/* 1 - (u + 1/2) / 2^64 is what (~u + 1/2) / 2^64 is. */
static int64_t
sample_exponential(const struct variate *variate, uint64_t u)
{
    const base_u128 half = (base_u128)1 << (UNIT_BITS - 1);
    const base_u128 product = (base_u128)(uint64_t)variate->a * neg_log(~u);
    const base_u128 value = (product + half) >> UNIT_BITS;

    return value > VARIATE_MAX ? VARIATE_MAX : (int64_t)value;
}

static int64_t
sample_lognormal(const struct variate *variate, uint64_t u)
{
    const int64_t x = times_shape(variate_normal(u), variate->shape_ppm);

    return scale(variate->a, exp_scaled(x));
}

/* scale * (-ln(1 - p))^(1/shape) */
static int64_t
sample_weibull(const struct variate *variate, uint64_t u)
{
    const int64_t x = ln_u128(neg_log_120(~u), 120);

    return scale(variate->a,
                 exp_scaled(divided_by_shape(x, variate->shape_ppm)));
}

/* exp_neg_128 - e^-z in units of 2^-128, z > 0 in units of 2^-56 */
static base_u128
exp_neg_128(int64_t z)
{
    const struct scaled e = exp_scaled(-z);
    const int shift = 65 + e.exponent; /* at most 64, for e^-z < 1 */

    if (shift >= 0) {
        return (base_u128)e.mantissa << shift;
    }
    return shift > -64 ? (base_u128)(e.mantissa >> -shift) : 0;
}

/*
 * sample_pareto - a * q^(-1/alpha), where q falls from 1 to (a/b)^alpha
 *
 * With R = (a/b)^alpha: q = 1 - p (1 - R) = (1 - p) (1 - R) + R, in units of
 * 2^-128. Rounding 1 - R down keeps q below 1.
 */
static int64_t
sample_pareto(const struct variate *variate, uint64_t u)
{
    const int64_t ln_range =
        ln_u128((uint64_t)variate->b, 0) - ln_u128((uint64_t)variate->a, 0);
    const int64_t z = times_shape(ln_range, variate->shape_ppm);

    if (z <= 0) {
        return variate->a;
    }
    const base_u128 least = exp_neg_128(z);
    const uint64_t span = least == 0 ? ONE_63 : (uint64_t)((0 - least) >> 65);
    const base_u128 rest = 2 * (base_u128)~u + 1; /* 1 - p, units of 2^-65 */
    const int64_t x = -ln_u128(rest * span + least, 128);
    const int64_t value =
        scale(variate->a, exp_scaled(divided_by_shape(x, variate->shape_ppm)));

    return i64_min(value, variate->b);
}

int64_t
variate_sample(const struct variate *variate, uint64_t u)
{
    ASSERT_SLOW(variate_is_valid(variate, &(const char *){NULL}));

    switch (variate->kind) {
    case VARIATE_CONSTANT:
        return variate->a;
    case VARIATE_UNIFORM:
        return sample_uniform(variate, u);
    case VARIATE_EXPONENTIAL:
        return sample_exponential(variate, u);
    case VARIATE_LOGNORMAL:
        return sample_lognormal(variate, u);
    case VARIATE_WEIBULL:
        return sample_weibull(variate, u);
    case VARIATE_PARETO:
        return sample_pareto(variate, u);
    }
    UNREACHABLE("every kind has its case");
}

/* --- Parameters ------------------------------------------------------------*/

/* shape_problem - what is wrong with the shape number; NULL: nothing */
static const char *
shape_problem(const struct variate *variate)
{
    const int64_t shape_ppm = variate->shape_ppm;

    switch (variate->kind) {
    case VARIATE_CONSTANT:
    case VARIATE_UNIFORM:
    case VARIATE_EXPONENTIAL:
        return NULL;
    case VARIATE_LOGNORMAL:
        return shape_ppm < 0 || shape_ppm > SIGMA_PPM_MAX
                   ? "sigma must be 0 to 10"
                   : NULL;
    case VARIATE_WEIBULL:
        return shape_ppm < SHAPE_PPM_MIN || shape_ppm > SHAPE_PPM_MAX
                   ? "shape must be 0.01 to 100"
                   : NULL;
    case VARIATE_PARETO:
        return shape_ppm < SHAPE_PPM_MIN || shape_ppm > SHAPE_PPM_MAX
                   ? "alpha must be 0.01 to 100"
                   : NULL;
    }
    return "no such kind of distribution";
}

/* amounts_problem - the same for a and b */
static const char *
amounts_problem(const struct variate *variate)
{
    if (variate->a < 0) {
        return "amounts must not be negative";
    }
    if (variate->a > VARIATE_MAX) {
        return "amounts must be at most 2^58";
    }
    if (variate->kind != VARIATE_UNIFORM && variate->kind != VARIATE_PARETO) {
        return NULL;
    }
    if (variate->b < variate->a) {
        return "the most must not be less than the least";
    }
    if (variate->b > VARIATE_MAX) {
        return "amounts must be at most 2^58";
    }
    if (variate->kind == VARIATE_PARETO && variate->a == 0) {
        return "the least must be above 0";
    }
    return NULL;
}

bool
variate_is_valid(const struct variate *variate, const char **why)
{
    *why = amounts_problem(variate);
    if (*why == NULL) {
        *why = shape_problem(variate);
    }
    return *why == NULL;
}
