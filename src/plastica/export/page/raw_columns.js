// Raw columns to features, and answers to labels: what plastica.export.raw_columns does, for cells of text.

function asText(cell, spec) {
    if (cell === null || cell === undefined) return null;
    const text = String(cell).trim();
    return spec.missing.includes(text.toLowerCase()) || spec.missing_words.includes(text) ? null : text;
}

// Another spelling of a word is read as that word.
function spelled(text, spec) {
    return Object.hasOwn(spec.spellings, text) ? spec.spellings[text] : text;
}

function wrong(row, spec, cell, wanted) {
    return new Refused("wrong_" + wanted, { row: row + 1, column: spec.name, cell: String(cell), unit: spec.unit_words });
}

class Refused extends Error {
    constructor(key, values) {
        super(key);
        this.key = key;
        this.values = values;
    }
}

// Python names groups (?P<name>), and sets flags at the beginning.
function pattern(text) {
    const named = text.replace(/\(\?P(?=<)/g, "(?");
    return named.startsWith("(?i)") ? new RegExp(named.slice(4), "i") : new RegExp(named);
}

function parseNumber(text, spec) {
    text = text.replace(/\u2212/g, "-");
    for (const [each, made] of spec.rewrites) text = text.replace(pattern(each), made);
    if (spec.unit) {
        if (!pattern(spec.unit_pattern).test(text)) return null;
        text = text.replace(pattern(spec.unit_removed), "");
    }
    return spec.patterns.length ? parseParts(text, spec) : parseDigits(text, spec);
}

function parseParts(text, spec) {
    const [whole, part] = spec.patterns.map(pattern);
    if (!whole.test(text)) return null;
    let total = 0;
    for (const [, digits, unit] of text.matchAll(new RegExp(part.source, "gi"))) {
        const number = parseDigits(digits, spec);
        if (number === null) return null;
        total += number * spec.factors[unit.toLowerCase()];
    }
    return text.startsWith("-") ? -total : total;
}

function parseDigits(text, spec) {
    if (!pattern(spec.pattern).test(text)) return null;
    if (spec.group) text = text.replace(new RegExp(spec.group, "g"), "");
    return Number(spec.point === "," ? text.replace(/,/g, ".") : text);
}

function readNumbers(cells, spec) {
    const marked = [];
    const found = cells.map((cell, row) => {
        const text = asText(cell, spec);
        if (text === null) return null;
        const number = parseNumber(text, spec);
        if (number === null || Number.isNaN(number)) throw wrong(row, spec, cell, spec.unit_words ? "unit" : "number");
        if (!Number.isFinite(number)) throw wrong(row, spec, cell, "finite");
        if (pattern(spec.either).test(text)) marked.push(number);
        else if (text.includes(spec.point)) marked.push(NaN);
        return spec.missing_numbers.includes(number) ? null : number;
    });
    refuseThousands(marked, spec);
    return found;
}

function refuseThousands(marked, spec) {
    if (!spec.whole || !marked.length || marked.some(Number.isNaN)) return;
    const [low, high] = spec.whole;
    if (marked.filter((each) => low <= 1000 * each && 1000 * each <= high).length > marked.length / 2) {
        throw new Refused("thousands", { column: spec.name, cell: String(marked[0]), low, high });
    }
}

function scaled(number, spec) {
    if (number === null) return 0;
    const size = Math.min(Math.abs(number) / spec.unit_of_log, Number.MAX_VALUE);
    const bent = spec.unit_of_log ? Math.sign(number) * Math.log1p(size) : number;
    const part = Math.min(Math.max((bent / 2 - spec.centre / 2) * spec.scale * 2, -1e12), 1e12);
    return part / Math.sqrt(1 + (part / 3) ** 2);
}

function withIndicator(features, gone, spec) {
    return spec.indicator ? [...features, gone.map(Number)] : features;
}

function readDate(cell, spec) {
    const text = asText(cell, spec);
    if (text === null) return null;
    for (const form of spec.forms) {
        const moment = readForm(text, form);
        if (moment !== null) return moment;
    }
    return null;
}

// The Monday of week 1 is that of the week with 4 January (ISO 8601); a week belongs to the year of its Thursday.
function ofWeek(year, week, weekday) {
    const moment = new Date(0);
    moment.setUTCFullYear(year, 0, 4);
    const fromMonday = (moment.getUTCDay() + 6) % 7;
    moment.setUTCDate(4 - fromMonday + 7 * (week - 1) + 3);
    if (week < 1 || moment.getUTCFullYear() !== year) return null;
    return new Date(moment.getTime() + (weekday - 4) * 86400000);
}

function readForm(text, spec) {
    const found = pattern(spec.pattern).exec(text);
    if (!found) return null;
    const part = (name, other) => (found.groups && found.groups[name]) || other;
    let year = part("y", "1970");
    if (year.length === 2) year = (year >= "69" ? "19" : "20") + year;
    if (part("w", "")) return ofWeek(Number(year), Number(part("w", 0)), Number(part("wd", 1)));
    const named = part("month", "").toLowerCase();
    const month = named ? spec.months[named] || 0 : Number(part("m", 1));
    const half = part("half", "").toLowerCase();
    let hour = Number(part("H", 0));
    if (half === "pm" && hour < 12) hour += 12;
    if (half === "am" && hour === 12) hour -= 12;
    const given = [Number(year), month - 1, Number(part("d", 1)), hour, Number(part("M", 0)), Number(part("S", 0))];
    const moment = new Date(0);
    moment.setUTCFullYear(given[0], given[1], given[2]);
    moment.setUTCHours(given[3], given[4], given[5], 0);
    const read = [moment.getUTCFullYear(), moment.getUTCMonth(), moment.getUTCDate(), moment.getUTCHours()];
    read.push(moment.getUTCMinutes(), moment.getUTCSeconds());
    // A day or an hour that does not exist would have moved into the next.
    if (read.some((each, place) => each !== given[place])) return null;
    const zone = part("zone", "");
    const digits = zone.replace(/\D/g, "").padEnd(4, "0");
    const minutes = Number(digits.slice(0, 2)) * 60 + Number(digits.slice(2, 4));
    return new Date(moment.getTime() - (zone.startsWith("-") ? -1 : 1) * minutes * 60000);
}

function calendarFeatures(moment, spec) {
    if (moment === null) return new Array(1 + 2 * spec.cycles.length + Number(spec.weekend)).fill(0);
    const days = moment.getTime() / 86400000;
    const weekday = (((Math.floor(days) + 3) % 7) + 7) % 7;
    const year = new Date(0);
    year.setUTCFullYear(moment.getUTCFullYear(), 0, 1);
    const dayOfYear = Math.floor(days) - year.getTime() / 86400000;
    const phase = { year: dayOfYear / 366, week: weekday / 7, hour: days - Math.floor(days) };
    const waves = spec.cycles.flatMap((each) => [Math.sin(2 * Math.PI * phase[each]), Math.cos(2 * Math.PI * phase[each])]);
    return [scaled(days, spec), ...waves, ...(spec.weekend ? [Number(weekday >= 5)] : [])];
}

function pieces(text, words) {
    text = text.toLowerCase();
    if (words) return text.match(/[\p{L}\p{N}_]{2,}/gu) || [];
    const found = [];
    for (const word of text.replace(/\s\s+/g, " ").split(/\s+/).filter(Boolean)) {
        const padded = Array.from(` ${word} `);
        for (const size of [2, 3, 4]) {
            for (let start = 0; start <= Math.max(padded.length - size, 0); start++) {
                found.push(padded.slice(start, start + size).join(""));
            }
            if (padded.length <= size) break;
        }
    }
    return found;
}

// MurmurHash3 of 32 bits with seed 0 (Appleby 2011).
function murmur3(bytes) {
    let code = 0;
    for (let start = 0; start < bytes.length; start += 4) {
        let block = 0;
        for (let place = 0; place < 4 && start + place < bytes.length; place++) block |= bytes[start + place] << (8 * place);
        block = Math.imul(block, 0xcc9e2d51);
        code ^= Math.imul((block << 15) | (block >>> 17), 0x1b873593);
        if (start + 4 <= bytes.length) code = (Math.imul((code << 13) | (code >>> 19), 5) + 0xe6546b64) | 0;
    }
    code ^= bytes.length;
    for (const [shift, factor] of [[16, 0x85ebca6b], [13, 0xc2b2ae35], [16, 1]]) code = Math.imul(code ^ (code >>> shift), factor);
    return code;
}

function textFeatures(text, spec) {
    const sums = new Array(spec.features).fill(0);
    for (const piece of pieces(text || "", spec.pieces === "words")) {
        const code = murmur3(new TextEncoder().encode(piece));
        const place = code === -2147483648 ? (2147483648 - spec.features) % spec.features : Math.abs(code) % spec.features;
        sums[place] += code >= 0 ? 1 : -1;
    }
    const norm = Math.sqrt(sums.reduce((total, each) => total + each * each, 0)) || 1;
    return sums.map((each) => (0.5 * each) / norm);
}

const columnsOf = (rows, width) => Array.from({ length: width }, (_, place) => rows.map((row) => row[place]));

const ENCODERS = {
    number(cells, spec) {
        const numbers = readNumbers(cells, spec);
        return withIndicator([numbers.map((each) => scaled(each, spec))], numbers.map((each) => each === null), spec);
    },
    plain: (cells, spec) => [readNumbers(cells, spec).map((each) => (each === null ? NaN : each))],
    boolean(cells, spec) {
        const found = cells.map((cell, row) => {
            const text = asText(cell, spec);
            if (text === null) return null;
            const place = spec.booleans.indexOf(spelled(text.toLowerCase(), spec));
            if (place < 0) throw new Refused("wrong_boolean", { row: row + 1, column: spec.name, cell, words: spec.booleans.join(", ") });
            return place;
        });
        return withIndicator([found.map((each) => (each === null ? 0.5 : each))], found.map((each) => each === null), spec);
    },
    category(cells, spec) {
        const texts = cells.map((cell) => spelled(asText(cell, spec), spec));
        const found = spec.categories.map((each) => texts.map((text) => Number(text === each)));
        return withIndicator(found, texts.map((text) => text === null), spec);
    },
    code(cells, spec) {
        const texts = cells.map((cell) => spelled(asText(cell, spec), spec));
        return withIndicator([texts.map((text) => spec.categories.indexOf(text) + 1)], texts.map((text) => text === null), spec);
    },
    date(cells, spec) {
        const moments = cells.map((cell, row) => {
            const moment = readDate(cell, spec);
            if (moment === null && asText(cell, spec) !== null) throw wrong(row, spec, cell, "date");
            return moment;
        });
        const rows = moments.map((each) => calendarFeatures(each, spec));
        return withIndicator(columnsOf(rows, rows[0].length), moments.map((each) => each === null), spec);
    },
    text(cells, spec) {
        const texts = cells.map((cell) => asText(cell, spec));
        const rows = texts.map((text) => textFeatures(text, spec));
        return withIndicator(columnsOf(rows, spec.features), texts.map((text) => text === null), spec);
    },
};

// The features of one input of the program: a list of numbers for each row.
function featuresOf(columns, specs) {
    const features = specs.flatMap((spec) => {
        if (!(spec.name in columns)) throw new Refused("no_column", { column: spec.name });
        return ENCODERS[spec.kind](columns[spec.name], spec);
    });
    return features[0].map((_, row) => features.map((each) => each[row]));
}

// The probabilities or numbers of each row.
function answersOf(columns, table) {
    const inputs = table.inputs.map((specs) => featuresOf(columns, specs));
    return inputs[0].map((_, row) => Array.from(predict(inputs.map((each) => Float32Array.from(each[row])))[0]));
}

const placeOfLargest = (numbers) => numbers.indexOf(Math.max(...numbers));

function decided(shares, decision) {
    switch (decision.rule) {
        case "threshold": {
            const [first] = decision.thresholds;
            if (decision.thresholds.length > 1) return shares.map((share, k) => Number(share >= decision.thresholds[k]));
            return [shares[decision.positive] >= first ? decision.positive : 1 - decision.positive];
        }
        case "costs": {
            const expected = shares.map((_, k) => shares.reduce((total, share, true_) => total + share * decision.costs[true_][k], 0));
            return [expected.indexOf(Math.min(...expected))];
        }
        default: {
            const weights = decision.weights.length ? decision.weights : shares.map(() => 1);
            return [placeOfLargest(shares.map((share, k) => share * weights[k]))];
        }
    }
}

// The predictions of a row, one for each target.
function labelled(row, answers) {
    if (answers.decision === null) return row.map((number, place) => Number(number.toFixed(answers.digits[place])));
    const found = decided(row, answers.decision);
    return answers.task === "multilabel" ? found : [answers.classes[found[0]]];
}

// The rows of a CSV text; cells may stand in quotes.
function parseCSV(text) {
    const head = text.slice(0, (text + "\n").indexOf("\n"));
    const separator = [",", ";", "\t", "|"].reduce((best, each) => (head.split(each).length > head.split(best).length ? each : best));
    const rows = [[""]];
    let quoted = false;
    for (let place = text.startsWith("\ufeff") ? 1 : 0; place < text.length; place++) {
        const row = rows[rows.length - 1];
        const letter = text[place];
        if (quoted) {
            if (letter !== '"') row[row.length - 1] += letter;
            else if (text[place + 1] === '"') row[row.length - 1] += text[place++];
            else quoted = false;
        } else if (letter === '"' && row[row.length - 1] === "") quoted = true;
        else if (letter === separator) row.push("");
        else if (letter === "\n") rows.push([""]);
        else if (letter !== "\r") row[row.length - 1] += letter;
    }
    return rows.filter((row) => row.length > 1 || row[0] !== "");
}

function columnsOfCSV(text) {
    const [names, ...rows] = parseCSV(text);
    if (!names || !rows.length) throw new Refused("empty", {});
    rows.forEach((row, place) => {
        if (row.length !== names.length) throw new Refused("ragged", { row: place + 2, cells: row.length, header: names.length });
    });
    return Object.fromEntries(names.map((name, place) => [name.trim(), rows.map((row) => row[place])]));
}
