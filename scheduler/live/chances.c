/* SPDX-License-Identifier: MIT */
/*
 * chances.c - see chances.h
 */
#include "chances.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* percent_read - "10%" or "0.5%"; NULL: it is none */
static const char *
percent_read(const char *text, uint32_t *ppm)
{
    char *end = NULL;
    const unsigned long whole = strtoul(text, &end, 10);
    uint32_t unit = CHANCES_PPM / 100;

    if (*text < '0' || *text > '9' || whole > 100) {
        return NULL;
    }
    *ppm = (uint32_t)whole * unit;
    if (*end == '.') {
        for (end++; *end >= '0' && *end <= '9' && unit > 1; end++) {
            unit /= 10;
            *ppm += (uint32_t)(*end - '0') * unit;
        }
    }
    return *end == '%' && *ppm <= CHANCES_PPM ? end + 1 : NULL;
}

bool
chances_read(const char *text, const char *const *names, uint32_t count,
             uint32_t *ppm)
{
    for (;;) {
        const size_t length = strcspn(text, "=");
        uint32_t i = 0;

        while (i < count && (names[i] == NULL || strlen(names[i]) != length ||
                             strncmp(text, names[i], length) != 0)) {
            i++;
        }
        text = i == count || text[length] != '='
                   ? NULL
                   : percent_read(text + length + 1, &ppm[i]);
        if (text == NULL || *text == '\0') {
            return text != NULL;
        }
        if (*text++ != ',') {
            return false;
        }
    }
}
