"""Text to features in C, without allocation: UTF-8 is read, put in lower case and hashed one character at a time."""

from __future__ import annotations

import functools
import sys
from collections.abc import Iterable, Sequence

import numpy as np

_READING = """\
/* Whether a code point is a letter, a digit or _. */
static int is_word(uint32_t c) {
    int low = 0, high = (int)(sizeof word_ranges / sizeof *word_ranges) - 1;
    while (low <= high) {
        int middle = (low + high) / 2;
        if (c < word_ranges[middle][0]) { high = middle - 1; }
        else if (c > word_ranges[middle][1]) { low = middle + 1; }
        else { return 1; }
    }
    return 0;
}

static uint32_t in_lower_case(uint32_t c) {
    int low = 0, high = (int)(sizeof lower_ranges / sizeof *lower_ranges) - 1;
    while (low <= high) {
        int middle = (low + high) / 2;
        const int32_t *range = lower_ranges[middle];
        if ((int32_t)c < range[0]) { high = middle - 1; }
        else if ((int32_t)c > range[1]) { low = middle + 1; }
        else { return ((int32_t)c - range[0]) % range[2] == 0 ? (uint32_t)((int32_t)c + range[3]) : c; }
    }
    return c;
}

/* Reads a code point of UTF-8 and moves behind it; a byte that begins none is U+FFFD. */
static uint32_t next_code_point(const char **text) {
    const unsigned char *at = (const unsigned char *)*text;
    uint32_t c = at[0];
    int more = c >= 0xF0 && c < 0xF5 ? 3 : c >= 0xE0 && c < 0xF0 ? 2 : c >= 0xC2 && c < 0xE0 ? 1 : 0;
    *text += 1;
    if (c < 0x80) { return c; }
    if (more == 0) { return 0xFFFD; }
    c &= 0x3Fu >> more;
    for (int k = 1; k <= more; k++) { /* the 0 at the end is no byte of a code point */
        if ((at[k] & 0xC0) != 0x80) { return 0xFFFD; }
        c = (c << 6) | (at[k] & 0x3Fu);
    }
    if ((more == 2 && c < 0x800) || (c >= 0xD800 && c < 0xE000) || (more == 3 && (c < 0x10000 || c > 0x10FFFF))) {
        return 0xFFFD;
    }
    *text += more;
    return c;
}

typedef struct {
    const char *text;
    uint32_t pending; /* the second of two characters in lower case, 0 if there is none */
    int within;       /* whether the last character was a letter, a digit or _ */
} text_reader;

/* The next character in lower case, 0 at the end. */
static uint32_t next_lower_case(text_reader *from) {
    uint32_t c = from->pending;
    if (c != 0) {
        from->pending = 0;
    } else if (*from->text == 0) {
        return 0;
    } else {
        c = next_code_point(&from->text);
        if (c == 0x130) { /* I with a dot */
            c = 'i';
            from->pending = 0x307;
        } else if (c == 0x3A3 && from->within) { /* a Greek sigma, which has another form at the end of a word */
            const char *ahead = from->text;
            c = *ahead != 0 && is_word(next_code_point(&ahead)) ? 0x3C3 : 0x3C2;
        } else {
            c = in_lower_case(c);
        }
    }
    from->within = is_word(c);
    return c;
}

/* MurmurHash3 of 32 bits with seed 0 (Appleby 2011), byte by byte. */
typedef struct {
    uint32_t code, block, length;
} text_hash;

static void mix_block(text_hash *hash) {
    uint32_t block = hash->block * 0xCC9E2D51u;
    hash->code ^= ((block << 15) | (block >> 17)) * 0x1B873593u;
    hash->block = 0;
}

static void hash_byte(text_hash *hash, uint32_t byte) {
    hash->block |= byte << (8 * (hash->length & 3));
    hash->length += 1;
    if ((hash->length & 3) == 0) {
        mix_block(hash);
        hash->code = ((hash->code << 13) | (hash->code >> 19)) * 5 + 0xE6546B64u;
    }
}

static void hash_letter(text_hash *hash, uint32_t c) {
    if (c < 0x80) {
        hash_byte(hash, c);
        return;
    }
    int more = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
    hash_byte(hash, ((0xF00u >> (more + 1)) & 0xFF) | (c >> (6 * more)));
    while (more-- > 0) { hash_byte(hash, 0x80u | ((c >> (6 * more)) & 0x3F)); }
}

/* Adds 1 to the feature of a piece, or subtracts it. */
static void count_piece(text_hash *hash, float *sums, uint32_t size) {
    mix_block(hash);
    uint32_t code = hash->code ^ hash->length;
    code = (code ^ (code >> 16)) * 0x85EBCA6Bu;
    code = (code ^ (code >> 13)) * 0xC2B2AE35u;
    code ^= code >> 16;
    int negative = code >> 31 != 0;
    sums[(negative ? 0u - code : code) % size] += negative ? -1.0f : 1.0f;
}

/* Scales features to the norm 0.5. */
static void scale_text(float *sums, uint32_t size) {
    double square = 0;
    for (uint32_t k = 0; k < size; k++) { square += (double)sums[k] * sums[k]; }
    double norm = square > 0 ? sqrt(square) : 1;
    for (uint32_t k = 0; k < size; k++) { sums[k] = (float)(0.5 * sums[k] / norm); }
}
"""
_SPACE = """\
static int is_space(uint32_t c) {
    return (c >= 9 && c <= 13) || (c >= 28 && c <= 32) || c == 0x85 || c == 0xA0 || c == 0x1680
        || (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000;
}
"""
_BLANK = """\
static int is_blank(const char *text) {
    while (text != 0 && *text != 0) {
        if (!is_space(next_code_point(&text))) { return 0; }
    }
    return 1;
}
"""
_WORDS = """\
/* Words of two or more letters or digits. */
static void encode_words(const char *text, float *sums, uint32_t size) {
    text_reader from = {text, 0, 0};
    text_hash word = {0, 0, 0};
    int letters = 0;
    uint32_t c;
    memset(sums, 0, size * sizeof *sums);
    if (text == 0) { return; }
    do {
        c = next_lower_case(&from);
        if (is_word(c)) {
            hash_letter(&word, c);
            letters += letters < 2;
        } else {
            if (letters == 2) { count_piece(&word, sums, size); }
            word = (text_hash){0, 0, 0};
            letters = 0;
        }
    } while (c != 0);
    scale_text(sums, size);
}
"""
_LETTERS = """\
/* Adds a letter of a word to the last ones, and counts the pieces of two to four that end with it. */
static int count_letter(uint32_t *last, int letters, uint32_t c, float *sums, uint32_t size) {
    memmove(last, last + 1, 3 * sizeof *last);
    last[3] = c;
    letters += letters < 4;
    for (int length = 2; length <= letters; length++) {
        text_hash piece = {0, 0, 0};
        for (int k = 4 - length; k < 4; k++) { hash_letter(&piece, last[k]); }
        count_piece(&piece, sums, size);
    }
    return letters;
}

/* Pieces of two to four letters within words, which have a space on both sides. */
static void encode_letters(const char *text, float *sums, uint32_t size) {
    text_reader from = {text, 0, 0};
    uint32_t last[4] = {0, 0, 0, 0}, c;
    int letters = 0;
    memset(sums, 0, size * sizeof *sums);
    if (text == 0) { return; }
    do {
        c = next_lower_case(&from);
        if (c == 0 || is_space(c)) {
            if (letters > 0) { count_letter(last, letters, ' ', sums, size); }
            letters = 0;
        } else {
            if (letters == 0) { letters = count_letter(last, 0, ' ', sums, size); }
            letters = count_letter(last, letters, c, sums, size);
        }
    } while (c != 0);
    scale_text(sums, size);
}
"""


def functions(pieces: Iterable[str], blank: bool) -> list[str]:
    """Return the functions that encode text.

    Args:
        pieces: "words", "letters" or both.
        blank: Whether missing texts are asked for.
    """
    wanted = set(pieces)
    if not wanted:
        return []
    ranges = [
        "/* Letters, digits and _: the first and the last code point of each range. */",
        _rows("static const uint32_t word_ranges[][2]", word_ranges()),
        "/* Letters that have a lower case: first and last, the step between them, and what is added. */",
        _rows("static const int32_t lower_ranges[][4]", lower_ranges()),
    ]
    chosen = {
        _SPACE: blank or "letters" in wanted,
        _BLANK: blank,
        _WORDS: "words" in wanted,
        _LETTERS: "letters" in wanted,
    }
    return [*ranges, _READING, *(each for each, used in chosen.items() if used)]


def table_bytes() -> int:
    """Return the size of the tables of characters."""
    return 8 * len(word_ranges()) + 16 * len(lower_ranges())


@functools.cache
def word_ranges() -> list[tuple[int, int]]:
    """Return the ranges of code points that are parts of words.

    Example:
        >>> word_ranges()[:3]
        [(48, 57), (65, 90), (95, 95)]
    """
    known = [place for place in range(sys.maxunicode + 1) if chr(place).isalnum() or place == ord("_")]
    return [(int(part[0]), int(part[-1])) for part in np.split(known, np.flatnonzero(np.diff(known) > 1) + 1)]


@functools.cache
def lower_ranges() -> list[tuple[int, int, int, int]]:
    """Return the ranges of code points that have a lower case of one character.

    Example:
        >>> lower_ranges()[0]
        (65, 90, 1, 32)
    """
    pairs = [(place, chr(place).lower()) for place in range(sys.maxunicode + 1)]
    moves = [(place, ord(lower) - place) for place, lower in pairs if len(lower) == 1 and ord(lower) != place]
    found: list[tuple[int, int, int, int]] = []
    for place, move in moves:
        if found and found[-1][3] == move:
            first, last, step, _ = found[-1]
            if place - last in ((1, 2) if first == last else (step,)):
                found[-1] = (first, place, place - last, move)
                continue
        found.append((place, place, 1, move))
    return found


def _rows(declared: str, rows: Sequence[tuple[int, ...]]) -> str:
    numbers = [f"{{{', '.join(map(str, row))}}}" for row in rows]
    lines = [", ".join(numbers[start : start + 8]) for start in range(0, len(numbers), 8)]
    return f"{declared} = {{\n    " + ",\n    ".join(lines) + "\n};"
