"""Output of the commands with ``--lang zh``: only names, options and units are in English."""

from __future__ import annotations

import inspect
import re

import click
import pytest

from plastica.cli.main import app
from plastica.language import Texts

# Two words in Latin letters separated by a space are the beginning of a sentence, except for these.
SENTENCE = re.compile(r"\b[A-Za-z]{2,} [a-z]{2,}\b")
FAST = ("--network", "mlp", "--layers", "4", "--epochs", "2")


def english(text, *allowed):
    """Return the beginnings of English sentences in a text, without commands and what is allowed."""
    text = re.sub(r"(plastica|app)( [\w./-]+)+|--[\w-]+( [\w./-]+)?|\[[A-Z]+\]|\d+ (relu|softmax|ms)", "", text)
    for each in allowed:
        text = text.replace(each, "")
    return SENTENCE.findall(text)


@pytest.fixture
def zh(plastica):
    def run(*arguments, code=0, allowed=()):
        result = plastica(*arguments, "--lang", "zh", code=code)
        said = result.stdout + result.stderr
        assert re.search("[一-龥]", said)
        assert english(said, *allowed) == [], said
        return said

    return run


@pytest.fixture
def odd(here):
    """A table for which almost all notes are printed."""
    rows = ["編號;jour;betrag;note;vide;same;klasse"]
    rows += [
        f"{n};2024-01-{n % 28 + 1:02};{n % 7},5;gut {'ja' if n % 3 else 'nein'};;x;{'ab'[n % 2]}" for n in range(1, 91)
    ]
    rows[5] = rows[5].replace(";5,5;", ";viel;")
    (here / "odd.csv").write_text("\n".join(rows) + "\n\n\n", "utf-8")
    return here / "odd.csv"


def test_a_run_is_wholly_chinese(zh, odd):
    zh("train", odd, "--target", "klasse", *FAST, "--out", "run", "-v", allowed=("gut ja", "gut nein"))
    (odd.parent / "new.csv").write_text(odd.read_text("utf-8").replace("gut", "neu"), "utf-8")
    zh("predict", "run", "new.csv", "--out", "answers.csv", allowed=("neu ja", "neu nein"))
    zh("evaluate", "run", "new.csv", "-v", allowed=("neu ja", "neu nein"))
    zh("info", "run", "-v", allowed=("gut ja", "gut nein"))
    zh("train", odd, "--target", "klasse", *FAST, "--out", "other", "--seed", "1", "--split", "random")
    zh("compare", "run", "other", "--on", "new.csv", allowed=("neu ja", "neu nein"))


def test_a_regression_over_time_is_chinese(zh, here):
    rows = ["day,load"] + [f"2024-{1 + n // 28:02}-{n % 28 + 1:02},{n % 14}.5" for n in range(280)]
    (here / "series.csv").write_text("\n".join(rows), "utf-8")
    said = zh("train", "series.csv", "--target", "load", *FAST)
    assert "时间" in said


def test_compared_rules_are_chinese(zh):
    rules = ("compare-rules", "penguins", "--target", "species", "--rules", "backprop,hebb", "--epochs", "1")
    said = zh(*rules, "--layers", "4", "--seeds", "1")
    assert "不参与排名" in said and "规则" in said


def test_remarks_and_requirements_of_rules_are_chinese(zh):
    rules = ("compare-rules", "penguins", "--target", "species", "--rules", "sign_symmetry,deep_belief")
    said = zh(*rules, "--epochs", "2", "--layers", "4", "--seeds", "2", "--minutes", "0.001", "-v")
    assert "仅符号" in said and "反馈权重复制了其他连接权重的符号。" in said
    assert "每层 1 轮" in said and "2 个随机种子中的 1 个" in said and "正在测量" in said


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("train", "nofile.csv"), 1, "没有文件"),
        (("train", "penguins", "--target", "specis"), 1, "是否想输入 'species'"),
        (("train", "penguins", "--epoch", "3"), 2, "没有选项 '--epoch'"),
        (("train",), 2, "缺少参数"),
        (("train", "penguins", "species"), 2, "多余的参数"),
        (("train", "penguins", "--rule", "bakprop"), 1, "是否想输入"),
        (("train", "few.csv", "--target", "y"), 1, "不足以分出"),
        (("train", "few.csv"), 2, "请用 --target"),
        (("train", "picture.csv", "--target", "y"), 1, "是图片"),
        (("train", "empty.csv", "--target", "y"), 1, "是空的"),
        (("train", "ragged.csv", "--target", "y"), 1, "第 3 行有 3 个值"),
        (("train", "one.csv", "--target", "y"), 1, "没有可学习的内容"),
        (("predict", "nowhere", "few.csv"), 1, "没有模型"),
        (("trian",), 2, "没有命令"),
    ],
)
def test_a_beginner_s_mistakes_are_told_in_chinese(plastica, here, arguments, code, said):
    (here / "few.csv").write_text("x,y\n1,a\n2,b\n", "utf-8")
    (here / "picture.csv").write_bytes(b"\x89PNG\r\n" + bytes(100))
    (here / "empty.csv").write_text(" \n", "utf-8")
    (here / "ragged.csv").write_text("x,y\n1,a\n2,b,c\n3,a\n", "utf-8")
    (here / "one.csv").write_text("x,y\n" + "".join(f"{n},a\n" for n in range(30)), "utf-8")
    told = plastica(*arguments, "--lang", "zh", code=code).stderr
    assert said in told and english(told) == [], told


def test_help_is_headed_in_chinese(plastica, monkeypatch):
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    assert "用法：" in plastica("train", "--help").stdout
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    assert "Usage:" in plastica("train", "--help").stdout


def test_help_is_chinese_and_no_translation_is_left_over(plastica, monkeypatch):
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")

    def texts(command):
        yield from (command.help, command.short_help, command.epilog)
        yield from (each.help for each in command.params if isinstance(each, click.Option))

    def commands(group):
        for command in group.commands.values():
            yield command
            yield from commands(command) if isinstance(command, click.Group) else ()

    asked = {inspect.cleandoc(text) for command in (app, *commands(app)) for text in texts(command) if text}
    assert asked - {"Show the version and exit."} == {english for english, _ in Texts("help").entries.values()}
    paths = [(name,) for name in app.commands]
    paths += [(name, inner) for name, each in app.commands.items() for inner in getattr(each, "commands", ())]
    for path in paths:
        said = plastica(*path, "--help").stdout
        assert "Default" not in said and "Columns to" not in said and "选项" in said
