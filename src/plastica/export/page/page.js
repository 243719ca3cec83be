const { table, shapes, names, words } = JSON.parse(document.getElementById("data").textContent);
let language = navigator.language.startsWith("zh") ? "zh" : "en";

function say(key, values) {
    return words[key][language].replace(/\{(\w+)\}/g, (_, name) => String(values[name]));
}

function element(kind, content, settings) {
    const made = Object.assign(document.createElement(kind), settings);
    if (content !== "") made.append(...[].concat(content));
    return made;
}

// The columns of all inputs, each once.
const specs = table ? [...new Map(table.inputs.flat().map((spec) => [spec.name, spec])).values()] : [];

function field(spec) {
    const choices = spec.booleans || spec.categories;
    if (choices) {
        const options = [element("option", "", { value: "" }), ...choices.map((each) => element("option", each, { value: each }))];
        return element("select", options, { name: spec.name });
    }
    const settings = { name: spec.name, inputMode: spec.kind === "number" || spec.kind === "plain" ? "decimal" : "text" };
    return element(spec.kind === "text" ? "textarea" : "input", "", settings);
}

function draw() {
    document.documentElement.lang = language;
    document.getElementById("language").textContent = language === "en" ? "中文" : "English";
    document.getElementById("lead").textContent = say(table ? "lead" : "lead_arrays", { shapes: shapes.join("; ") });
    const [title, text] = document.querySelectorAll("#many > *");
    title.textContent = say("many", {});
    text.textContent = say("many_rows", {});
    document.getElementById("many").hidden = !table;
    answer();
}

// A field below its name, and above what is wrong with it.
function labelFor(name, input, wide) {
    const told = element("small", "", { className: "refused", id: `wrong ${input.name}`.replace(/\s/g, "_") });
    input.setAttribute("aria-describedby", told.id);
    return element("label", [name, input, told], { className: wide ? "wide" : "" });
}

function fill() {
    const form = document.getElementById("form");
    const fields = table
        ? specs.map((spec) => labelFor(spec.unit_words ? `${spec.name} (${spec.unit_words})` : spec.name, field(spec), spec.kind === "text"))
        : names.map((name) => labelFor(name, element("textarea", "", { name, rows: 4 }), true));
    form.append(...fields);
}

function given() {
    return Object.fromEntries(Array.from(document.getElementById("form").elements, (each) => [each.name, [each.value]]));
}

function share(name, size) {
    const bar = element("i", "");
    bar.style.width = `${100 * size}%`;
    return element("div", [element("span", name), bar, element("b", `${(100 * size).toFixed(1)} %`)], { className: "share" });
}

// What is shown of the answer to one row of a table.
function shown(row) {
    const answers = table.answers;
    const found = labelled(row, answers);
    if (answers.decision === null) {
        return found.map((number, place) => element("div", [`${answers.names[place]}: `, element("strong", String(number))]));
    }
    const shares = answers.classes.map((name, place) => share(name, row[place]));
    const chosen = answers.task === "multilabel" ? answers.classes.filter((_, place) => found[place]).join(", ") || "–" : found[0];
    return [element("div", [`${answers.names.join(", ")}: `, element("strong", chosen)]), ...shares];
}

// The numbers of an input, with anything between them.
function numbersOf(name, place) {
    const numbers = given()[name][0].split(/[\s,;]+/).filter(Boolean).map(Number);
    const size = shapes[place].reduce((total, each) => total * each, 1);
    if (numbers.some(Number.isNaN) || numbers.length !== size) throw new Refused("numbers", { size, given: numbers.length });
    return Float32Array.from(numbers);
}

function ofArrays() {
    const found = predict(names.map(numbersOf));
    return found.map((each) => element("div", element("strong", Array.from(each, (number) => String(+number.toPrecision(6))).join("  "))));
}

// Says beside each field what is wrong with it; returns whether all are right.
function check() {
    const checks = table
        ? specs.map((spec) => [spec.name, () => ENCODERS[spec.kind](given()[spec.name], spec)])
        : names.map((name, place) => [name, () => given()[name][0].trim() && numbersOf(name, place)]);
    let right = true;
    for (const [name, read] of checks) {
        const input = document.getElementById("form").elements.namedItem(name);
        const told = input.parentElement.querySelector("small");
        let text = "";
        try {
            read();
        } catch (problem) {
            if (!(problem instanceof Refused)) throw problem;
            text = say(words["field_" + problem.key] ? "field_" + problem.key : problem.key, problem.values);
            right = false;
        }
        told.textContent = text;
        input.setAttribute("aria-invalid", String(text !== ""));
    }
    return right;
}

function answer() {
    const place = document.getElementById("answer");
    const right = check();
    const empty = Object.values(given()).every(([text]) => !text.trim());
    if (empty || !right) {
        place.replaceChildren(element("span", say(empty ? "waiting" : "wrong_fields", {}), { className: empty ? "" : "refused" }));
        return;
    }
    try {
        place.replaceChildren(...(table ? shown(answersOf(given(), table)[0]) : ofArrays()));
    } catch (problem) {
        if (!(problem instanceof Refused)) throw problem;
        place.replaceChildren(element("span", say(problem.key, problem.values), { className: "refused" }));
    }
}

function quoted(cell) {
    const text = String(cell);
    return /[",\n]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text;
}

async function answerFile(file) {
    const told = document.getElementById("told");
    const link = document.getElementById("download");
    link.hidden = true;
    told.className = "";
    try {
        const columns = columnsOfCSV(await file.text());
        const rows = answersOf(columns, table);
        const kept = table.identifiers.filter((name) => name in columns);
        const heads = table.answers.decision === null ? [] : table.answers.classes.map((each) => `P(${each})`);
        const lines = [[...kept, ...table.answers.names, ...heads]];
        rows.forEach((row, place) => {
            const shares = heads.length ? row.map((each) => each.toFixed(7)) : [];
            lines.push([...kept.map((name) => columns[name][place]), ...labelled(row, table.answers), ...shares]);
        });
        link.href = URL.createObjectURL(new Blob([lines.map((line) => line.map(quoted).join(",") + "\n").join("")], { type: "text/csv" }));
        link.download = file.name.replace(/\.\w+$/, "") + "_predictions.csv";
        link.textContent = link.download;
        link.hidden = false;
        told.textContent = say("done", { rows: rows.length });
    } catch (problem) {
        if (!(problem instanceof Refused)) throw problem;
        told.className = "refused";
        told.textContent = say(problem.key, problem.values);
    }
}

fill();
draw();
document.getElementById("form").addEventListener("input", answer);
document.getElementById("form").addEventListener("submit", (event) => event.preventDefault());
document.getElementById("file").addEventListener("change", (event) => event.target.files[0] && answerFile(event.target.files[0]));
document.getElementById("language").addEventListener("click", () => {
    language = language === "en" ? "zh" : "en";
    draw();
});
