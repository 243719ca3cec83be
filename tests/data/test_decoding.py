"""Detection of legacy encodings in small tables; mixed and seven-bit encodings."""

import subprocess
import sys

import pytest

from plastica.data import streaming_text
from plastica.data.decoding import decode
from plastica.data.legacy import SURE, tell
from plastica.data.reading import read_table
from plastica.data.streaming_files import open_files
from plastica.errors import DataError

TABLES = {
    ("euc_kr", "cp949"): [
        "이름,도시,나이\n김철수,서울,31\n이영희,부산,28\n박민수,대구,45\n",
        "고객번호,지역,등급,구매액\n1,경기도,우수,52000\n2,제주,일반,18000\n3,강원도,일반,9000\n",
        "성별,학력\n남,대졸\n여,고졸\n",
    ],
    ("euc_jp", "shift_jis", "cp932"): [
        "名前,都市,年齢\n山田太郎,東京,31\n鈴木花子,大阪,28\n",
        "商品,単価,在庫\nりんご,120,4\nみかん,80,12\nノート,250,7\n",
        "都道府県,人口,面積\n北海道,5224614,83424\n沖縄県,1467480,2282\n",
        "性別,年齢\n男,1\n女,2\n",
    ],
    ("gbk", "gb18030"): [
        "城市,性别,年龄\n北京,男,31\n上海,女,28\n广州,男,45\n",
        "产品,销量,备注\n苹果,10,促销\n香蕉,20,缺货\n葡萄,30,正常\n",
        "贷款用途,是否违约\n购车,否\n装修,是\n教育,否\n",
        "性别\n男\n女\n",
    ],
    ("big5", "cp950"): [
        "姓名,城市,年齡\n王小明,台北,31\n陳美麗,高雄,28\n",
        "姓名,年齡,收入\n1,2,3\n4,5,6\n",  # heads only
        "產品,銷量\n蘋果,1\n香蕉,2\n",
        "科別,醫師,人數\n眼科,林志豪,12\n骨科,黃雅婷,7\n",
    ],
    ("cp1250",): [
        "jméno,město\nŘehoř,Brno\nŽofie,Plzeň\nLukáš,Třebíč\n",
        "nazwa,miasto\nŁukasz,Łódź\nJoanna,Gdańsk\nŚwięta,Częstochowa\n",
        "név,város\nGyőző,Győr\nÁrpád,Szűcs\n",
        "oraş,judeţ\nBraşov,Braşov\nTimişoara,Timiş\nConstanţa,Constanţa\n",
    ],
    ("iso8859-2",): [
        "imię,miasto\nŁukasz,Łódź\nJoanna,Gdańsk\nŚwięta,Częstochowa\n",
        "jméno,město\nŘehoř,Brno\nŽofie,Plzeň\nLukáš,Třebíč\n",
        "grad,županija\nŠibenik,1\nČakovec,2\nŽupanja,3\n",
    ],
    ("cp1251", "koi8-r", "cp866", "mac_cyrillic"): [
        "имя,город\nИван,Москва\nОльга,Казань\nПётр,Санкт-Петербург\n",
        "товар,цена\nхлеб,10\nмолоко,20\nсыр,30\nмасло,40\n",
        "ФИО;Возраст;Диагноз\nСидоров А.А.;45;гипертония\nКозлова М.И.;52;диабет\n",
    ],
    ("cp1252", "latin-1"): [
        "name,größe\nMüller,1\nLefèvre,2\nAndré,3\n",
        "ciudad,año\nMálaga,1\nLogroño,2\nCórdoba,3\n",
        "navn,by\nSøren,Århus\nBjørn,Tromsø\n",
        "cidade,região\nSão Paulo,sudeste\nBrasília,centro\nMaceió,nordeste\n",
        "nafn,aldur\nÞórður,31\nGuðrún,28\nSigríður,45\n",
        "ville,département\nOrléans,Loiret\nBesançon,Doubs\nNîmes,Gard\n",
        "a,größe\n1,2\n",
        "temp °C,y\n1,2\n",
    ],
    ("cp1254",): [
        "ad,şehir\nAyşe,İstanbul\nİbrahim,Muğla\nÇağrı,Iğdır\n",
        "cinsiyet,yaş,öğrenim\nkadın,31,lisans\nerkek,28,ilköğretim\n",
    ],
    ("cp1255",): ["שם,עיר\nדוד,ירושלים\nשרה,חיפה\n", "מחיר,מוצר\n12,חלב\n9,לחם\n30,גבינה\n"],
    ("mac_roman", "cp437", "cp850"): [
        "name,größe\nMüller,1\nLefèvre,2\nAndré,3\n",
        "ciudad,año\nMálaga,1\nLogroño,2\nCórdoba,3\n",
        "ville,département\nOrléans,Loiret\nBesançon,Doubs\nNîmes,Gard\n",
        "straße,stück\nBäckerweg,3\nKönigsallee,5\nGärtnerplatz,7\n",
    ],
    ("mac_roman",): ["navn,by\nSøren,Århus\nBjørn,Tromsø\n"],
    ("cp1253",): ["πόλη,όνομα\nΑθήνα,Γιώργος\nΠάτρα,Μαρία\n"],
    ("cp1256",): ["اسم,مدينة\nمحمد,القاهرة\nفاطمة,دمشق\n"],
    ("cp1257",): ["vardas,miestas\nJūratė,Šiauliai\nŽygimantas,Panevėžys\n"],
    ("cp874",): ["ชื่อ,เมือง\nสมชาย,กรุงเทพ\n"],
}
CASES = [(codec, text) for codecs, texts in TABLES.items() for codec in codecs for text in texts]


@pytest.mark.parametrize(("codec", "text"), CASES)
def test_small_tables_are_read_as_they_were_written(codec, text):
    read, said = decode(text.encode(codec), "t.csv")
    assert read == text, said
    assert said


def test_a_word_or_two_are_never_called_certain_and_wrong():
    """One word is often not enough; the alternative is then mentioned."""
    for codec, text in CASES:
        word = next(word for word in text.replace("\n", ",").split(",") if not word.isascii())
        guess = tell([word.encode(codec)])
        if guess is not None and guess.share >= SURE:
            assert word.encode(codec).decode(guess.codec) == word
    text = "cinsiyet,yaş\nkadın,31\n".encode("cp1254")
    assert "Windows-1254 (Turkish), not sure: it may also be Windows-1252" in str(decode(text, "t.csv")[1])


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (
            ["n,b", "Müller,1", "Bäcker,2", "*Jörg,3", "Größe,4"],
            "line 4: not valid UTF-8, which other lines are, but W",
        ),
        (["*n,b", "*Müller,1", "*Bäcker,2", "*Größe,4", "Straße,3"], "line 5: is UTF-8, and other lines are Windows"),
        (["a,b", "für,1", "*naïf,2"], "line 3: not valid UTF-8"),
    ],
)
@pytest.mark.parametrize("streamed", [False, True])
def test_a_file_of_two_encodings_is_refused_with_the_first_line_of_the_other(tmp_path, lines, message, streamed):
    path = tmp_path / "t.csv"
    data = [line[1:].encode("cp1252") if line.startswith("*") else line.encode() for line in lines]
    path.write_bytes(b"\n".join(data) + b"\n")
    with pytest.raises(DataError, match=message):
        list(open_files(path).tables()) if streamed else read_table(path)
    assert read_table(path, encoding="cp1252").height == len(lines) - 1


def test_other_lines_far_below_are_found_in_parts_too(tmp_path, monkeypatch):
    monkeypatch.setattr(streaming_text, "BLOCK_BYTES", 200)
    path = tmp_path / "t.csv"
    path.write_bytes(b"n,b\n" + "Müller,1\nBäcker,2\n".encode("cp1252") * 50 + "Größe,3\nStraße,4\n".encode())
    with pytest.raises(DataError, match=r"t\.csv, line 102: is UTF-8, and other lines are cp1252"):
        list(open_files(path).tables())


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be", "cp1251", "koi8-r", "gb18030", "euc_jp", "utf-7"])
def test_parts_tell_the_encoding_as_the_whole_does(tmp_path, monkeypatch, codec):
    body = (
        "名前,東京,1\n鈴木,大阪,2\n"
        if codec == "euc_jp"
        else "北京,广州,1\n"
        if codec == "gb18030"
        else "Иван,Москва,1\n"
    )
    path = tmp_path / "t.csv"
    path.write_bytes(("a,b,c\n" + "x,y,0\n" * 300 + body * 40).encode(codec))
    monkeypatch.setattr(streaming_text, "BLOCK_BYTES", 400)
    parts = list(open_files(path).tables())
    whole = read_table(path)
    assert [cell for part in parts for cell in part.columns["a"]] == whole.columns["a"].to_list()
    assert parts[0].notes[0] == whole.notes[0]


@pytest.mark.parametrize(
    ("text", "codec", "said"),
    [
        ("naïve,größe\nö,1\n", "utf-7", "UTF-7"),
        ("имя,город\nИван,Москва\n", "utf-7", "UTF-7"),
        ("名前,都市\n東京,1\n", "iso2022_jp", "ISO-2022-JP"),
        ("이름,도시\n서울,1\n", "iso2022_kr", "ISO-2022-KR"),
    ],
)
def test_encodings_of_seven_bits(text, codec, said):
    assert decode(text.encode(codec), "t.csv") == (text, said)


@pytest.mark.parametrize(
    "text", ["phone\n+49301234-55\n+49309999-12\n", "a\n+01234567\n+01234999\n", "a\nx+abc-y\n", "a\n1+1-\n"]
)
def test_plus_signs_alone_are_no_utf7(text):
    assert decode(text.encode(), "t.csv") == (text, "")


def test_the_detector_is_loaded_where_it_is_needed_alone():
    code = (
        "import sys; from plastica.data.decoding import decode; decode('größe,1\\n'.encode(), 't'); "
        "assert 'charset_normalizer' not in sys.modules; decode('größe,1\\n'.encode('cp1252'), 't'); "
        "assert 'charset_normalizer' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
