"""The search finds Chinese: a run of characters, which has no spaces, is indexed by each two that are neighbours.

The page that searches splits a question in the same way, so that 学习规则 is found where 学习, 习规 and 规则 are.
"""

from __future__ import annotations

import re
from typing import Any

from sphinx.search.en import SearchEnglish

WORDS = re.compile(r"[\u3400-\u9fff]+|[^\W\u3400-\u9fff]+")
# No quotes, no < and no > in it: Sphinx writes it through a template that escapes them.
SPLIT_QUERY = r"""
var splitQuery = function (query) {
  const words = query.match(/[\u3400-\u9fff]+|(?:(?![\u3400-\u9fff])[\p{Letter}\p{Number}_])+/gu) || [];
  return words.flatMap(function (word) {
    if (!/[\u3400-\u9fff]/.test(word) || word.length === 1) return [word];
    return Array.from({length: word.length - 1}, function (_, at) { return word.slice(at, at + 2); });
  });
};
"""


class EnglishAndChinese(SearchEnglish):
    """English words by their stems, Chinese by neighbours."""

    js_splitter_code = SPLIT_QUERY

    def split(self, input: str) -> list[str]:
        """Return the words of a text, and the pairs of a run of Chinese characters.

        Example:
            >>> EnglishAndChinese({}).split("Keras 的学习规则")
            ['Keras', '的学', '学习', '习规', '规则']
        """
        return [term for word in WORDS.findall(input) for term in terms_of(word)]


def terms_of(word: str) -> list[str]:
    """Return what a word is found by."""
    if len(word) == 1 or not "\u3400" <= word[0] <= "\u9fff":
        return [word]
    return [word[at : at + 2] for at in range(len(word) - 1)]


def setup(app: Any) -> dict[str, bool]:
    """Take the place of Sphinx's search in English."""
    app.add_search_language(EnglishAndChinese)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
