"use strict";
/* Why a cell holds its value: the answer first, then the candidates, the rule, and what it read, each a link to its
   own explanation. */
site.LISTED = 12;

site.explanation = async (dataset, place, variable) => {
  const facts = site.facts.datasets[dataset];
  const record = await site.at("records", dataset, place);
  const mapping = await site.load("mapping", dataset);
  const of = mapping.variables[variable] || {};
  const made = ruleOf(mapping.records, site.of(record, "_block"));
  const rule = ruleOf(of.rules, site.of(record, "_block"));
  const value = site.of(record, variable);
  const label = (facts.variables[variable] || [""])[0];
  return [
    site.h("h1", {}, site.link(site.toVariable(dataset, variable), `${dataset}.${variable}`), " = ", site.valueOrMissing(value)),
    site.h("p", {}, label, ". ", site.h("span", { class: "quiet" }, "Record: ", identity(dataset, record))),
    site.h("p", { class: "answer" }, await answer(dataset, record, variable, value, rule, made)),
    made && made.endpoint ? await decision(dataset, record, made) : null,
    rule ? ruleSection(rule) : null,
    rule ? await inputs(dataset, record, rule, value) : await supplemental(dataset, record, mapping, variable),
    rule && made && rule.inputs && rule.inputs.some(([, from]) => !from) ? await madeSection(dataset, record, made) : null,
    await rawSection(dataset, record, of),
  ];

  function ruleOf(rules, block) {
    return (rules || []).find((one) => one.block === undefined || one.block === block) || null;
  }
};

/* What distinguishes a record: its participant and number, or its keys. */
function identity(dataset, record) {
  const facts = site.facts.datasets[dataset];
  const subject = site.of(record, "USUBJID");
  const names = facts.number && subject ? ["USUBJID", facts.number] : facts.keys.filter((key) => key !== "STUDYID");
  return names.filter((name) => name in record.chunk.columns).map((name, i) => {
    const shown = name === "USUBJID" && subject ? site.link(site.toParticipant(subject), subject) : site.shown(site.of(record, name));
    return [i ? ", " : "", `${name} `, shown];
  });
}

/* The value in a sentence. */
async function answer(dataset, record, variable, value, rule, made) {
  const get = (name) => site.of(record, name);
  if (made && made.endpoint && ["AVAL", "AVALM", "CNSR", "ADT"].includes(variable) && get("ADT")) {
    const isEvent = get("CNSR") === 0;
    const where = get("CNSDTDSC") ? ` (${get("CNSDTDSC").toLowerCase()})` : "";
    const what = `${isEvent ? "event" : "censored"}: ${site.shown(get("EVNTDESC")).toLowerCase()}${where}`;
    return `${get("AVAL")} days = ${get("ADT")} − ${get("STARTDT")} + 1; ${what}; rule ${site.shown(get("TTERULE"))}`;
  }
  const text = value === null ? "Missing" : String(value);
  if (!rule) return `${text}: ${dataset.startsWith("SUPP") ? "as the parent's record gives it" : "no rule of the mapping gives it a value in records of this kind"}.`;
  const source = await single(dataset, record, rule);
  const from = source ? `, from ${source}` : "";
  return `${text}${from}. ${firstSentence(rule.text || rule.what || "")}`;
}

function firstSentence(text) {
  const end = text.search(/\.\s/);
  return end < 0 ? text : text.slice(0, end + 1);
}

/* The one collected field that a rule reads, with what was collected; "" where it reads several. */
async function single(dataset, record, rule) {
  const own = (rule.inputs || []).filter(([, from, name]) => from in site.facts.forms && name !== "USUBJID");
  if (own.length !== 1 || rule.inputs.length !== 1) return "";
  const raw = await site.rawOf(record);
  if (!raw || raw.form !== own[0][1]) return "";
  const collected = site.of(raw, own[0][2]);
  return `${own[0][1]}.${own[0][2]} ${collected === null ? "(left empty)" : `“${collected}”`} at ${await site.placeOf(raw.form, raw.place)}`;
}

function ruleSection(rule) {
  const parameters = (rule.parameters || []).map(([name, value, place, reason]) => site.h("tr", {},
    site.h("th", { scope: "row" }, name), site.h("td", {}, value), site.h("td", {}, reason), site.h("td", { class: "code" }, place)));
  const where = rule.where ? site.h("p", {}, "Only where ", rule.where) : null;
  return site.h("section", {},
    site.h("h2", {}, "The rule"),
    site.h("p", {}, site.h("span", { class: "chip" }, rule.verb), rule.what && rule.what !== rule.verb ? site.h("code", {}, rule.what) : null),
    rule.text ? site.h("p", {}, rule.text) : null, where,
    rule.source ? site.h("p", { class: "quiet small" }, `Source: ${rule.source}`) : null,
    site.h("p", { class: "quiet small" }, "Written in ", site.h("code", {}, [rule.place, rule.code].filter(Boolean).join(", "))),
    parameters.length ? site.plainTable("Values that the rule takes from the study's files", ["Name", "Value", "Reason", "Place"], parameters) : null);
}

/* What the rule read for this record: single values, then lists of the participant's records. */
async function inputs(dataset, record, rule) {
  const lists = new Map();
  const rows = [];
  for (const [role, from, name, own, many] of rule.inputs || []) {
    if (name === "USUBJID") continue;
    if (many) {
      const key = `${role}/${from}`;
      if (!lists.has(key)) lists.set(key, { role, from, names: [] });
      lists.get(key).names.push(name);
    } else if (from) {
      rows.push(...await singleInput(dataset, record, role, from, name, own));
    }
  }
  const tables = [];
  for (const { role, from, names } of lists.values()) tables.push(await listInput(record, role, from, names, dataset));
  if (!rows.length && !tables.length) return null;
  return site.h("section", {}, site.h("h2", {}, "What it read"),
    rows.length ? site.plainTable("Single values", ["As", "Where", "Value", "What it is"], rows) : null, tables);
}

async function singleInput(dataset, record, role, from, name, own) {
  if (from in site.facts.forms) {
    const raw = await site.rawOf(record);
    if (!raw || raw.form !== from) return [];
    const place = await site.placeOf(from, raw.place);
    const question = site.facts.forms[from].fields[name] || "";
    return [inputRow(role, site.link(site.toForm(from, name), `${from}.${name}`), site.of(raw, name), `${question} (${place})`)];
  }
  const others = from === dataset ? [record] : await related(record, from, own);
  return others.slice(0, 5).map((other) => {
    const label = (site.facts.datasets[from].variables[name] || [""])[0];
    return inputRow(role, site.link(site.toCell(from, other.place, name), `${from}.${name}`), site.of(other, name), label);
  });
}

function inputRow(role, where, value, what) {
  return site.h("tr", {}, site.h("td", {}, role === "of" ? "" : role), site.h("td", { class: "nowrap" }, where),
    site.h("td", {}, site.valueOrMissing(value)), site.h("td", { class: "quiet" }, what));
}

/* The records of another dataset that a record read: of its raw record, or the first of the participant. */
async function related(record, dataset, own) {
  const all = await site.ofSubject("records", dataset, site.of(record, "USUBJID"));
  if (!own) return all.slice(0, 1);
  return all.filter((one) => site.of(one, "_form") === site.of(record, "_form") && site.of(one, "_record") === site.of(record, "_record"));
}

async function listInput(record, role, from, names, dataset) {
  const isForm = from in site.facts.forms;
  const subject = site.of(record, "USUBJID");
  const all = await site.ofSubject(isForm ? "raw" : "records", from, subject);
  const places = isForm ? (await site.load("lines", from)).lines : [];
  const line = (one) => {
    const isOwn = from === dataset ? one.place === record.place
      : site.of(one, isForm ? "record" : "_record") === site.of(record, "_record")
        && (isForm ? from : site.of(one, "_form")) === site.of(record, "_form");
    const cells = names.map((name) => {
      const value = site.of(one, name);
      return site.h("td", {}, isForm ? site.valueOrMissing(value) : site.link(site.toCell(from, one.place, name), value === null ? "(missing)" : value));
    });
    return site.h("tr", { class: isOwn ? "is-marked" : null },
      site.h("th", { scope: "row" }, isForm ? `line ${places[one.place] || one.row + 1}` : `${one.place + 1}`), cells);
  };
  const caption = `${isForm ? "Form" : "Dataset"} ${from}: ${site.counted(all.length, "record")} of the participant, read as ${role}`;
  const table = (some) => site.plainTable(caption, [isForm ? "Line" : "Record", ...names], some.map(line));
  if (all.length <= site.LISTED) return table(all);
  return [table(all.slice(0, site.LISTED)),
    site.h("details", {}, site.h("summary", {}, `All ${all.length} records`), table(all))];
}

/* Where a value of SUPP-- comes from. */
async function supplemental(dataset, record, mapping, variable) {
  const parent = site.facts.datasets[dataset].parent;
  if (!parent) return null;
  const qualifier = mapping.qualifiers[site.of(record, "QNAM")];
  const records = await related(record, parent, 1);
  if (!qualifier) return null;
  const rows = records.map((one) => inputRow("parent", site.link(site.toCell(parent, one.place, site.facts.datasets[parent].number || "USUBJID"), `${parent}, record ${one.place + 1}`),
    null, identity(parent, one)));
  return site.h("section", {}, site.h("h2", {}, "What it is of"),
    site.h("p", {}, variable === "QVAL" ? `The value of ${parent}.${qualifier.of}, which the parent dataset cannot hold, or the rest of a text too long for it.`
      : `Names the parent's record and the variable ${qualifier.of}.`,
    " ", site.link(site.toVariable(parent, qualifier.of), `How ${parent}.${qualifier.of} is made`)),
    rows.length ? site.plainTable("The parent's record", ["As", "Where", "Value", "Record"], rows) : null);
}

/* The record itself was made by a function: its rule and what it read. */
async function madeSection(dataset, record, made) {
  if (made.endpoint) return null;
  const read = await inputs(dataset, record, made);
  return site.h("details", {}, site.h("summary", {}, "How this record was made"), ruleSection(made), read);
}

/* The raw record that this one is of, and the fields that can change the cell. */
async function rawSection(dataset, record, of) {
  const raw = await site.rawOf(record);
  const fields = of.raw || [];
  const ownFields = new Set(fields.filter((text) => raw && text.startsWith(`${raw.form}.`) && !text.includes(" (")).map((text) => text.split(".")[1]));
  const parts = [site.h("h2", {}, "What was collected")];
  if (raw) {
    const { title, fields: questions } = site.facts.forms[raw.form];
    const rows = Object.entries(questions).filter(([name]) => site.of(raw, name) !== null).map(([name, question]) => site.h("tr",
      { class: ownFields.has(name) ? "is-marked" : null }, site.h("th", { scope: "row" }, site.link(site.toForm(raw.form, name), name)),
      site.h("td", {}, question), site.h("td", {}, site.valueOrMissing(site.of(raw, name)))));
    parts.push(site.plainTable(`${title} (${raw.form}), ${await site.placeOf(raw.form, raw.place)}; marked: fields behind this cell`, ["Field", "Question", "Collected"], rows));
  } else {
    const line = site.shown(site.of(record, "_record"));
    parts.push(site.h("p", {}, site.shown(site.of(record, "_form")) === "specs/study.yaml" ? `Nothing: the study's own file gives this record (specs/study.yaml, ${line}).` : "This record is not of one raw record."));
  }
  if (fields.length) {
    parts.push(site.h("details", {}, site.h("summary", {}, `Raw fields that can change this cell: ${fields.length}`),
      site.h("ul", { class: "columns" }, fields.map((text) => site.h("li", {}, site.link(site.toForm(...text.split(" ")[0].split(".")), text.split(" ")[0]), text.includes(" ") ? text.slice(text.indexOf(" ")) : "")))));
  }
  return site.h("section", {}, parts);
}

/* --- time to event */
async function decision(dataset, record, made) {
  const all = await site.load("decisions", dataset);
  const subject = site.of(record, "USUBJID");
  const considered = (all[made.endpoint] || {})[subject];
  if (!considered) return null;
  const decides = (one) => one[3] === site.of(record, "SRCDOM") && one[4] === site.of(record, "SRCVAR")
    && one[5] === site.of(record, "SRCSEQ") && one[6] === site.of(record, "_form") && one[7] === site.of(record, "_record");
  const rows = [];
  for (const one of considered.candidates) {
    rows.push(site.h("tr", { class: decides(one) ? "is-marked" : null },
      site.h("th", { scope: "row" }, one[1] || "no date"), site.h("td", {}, one[0]), site.h("td", {}, decides(one) ? "yes" : ""),
      site.h("td", {}, site.shown(one[2])), site.h("td", { class: "nowrap" }, await candidateLink(subject, one))));
  }
  const facts = considered.facts.map(([question, found]) => [site.h("dt", {}, question), site.h("dd", {}, found)]);
  return site.h("section", {}, site.h("h2", {}, "How it was decided"),
    candidatesPicture(record, considered.candidates, decides),
    site.plainTable(`Candidates of ${made.endpoint}, by date`, ["Date", "As", "Decides", "What", "Record"], rows),
    facts.length ? site.h("details", { open: true }, site.h("summary", {}, "What the rules asked"), site.h("dl", {}, facts)) : null);
}

/* The cell that holds the date of a candidate. */
async function candidateLink(subject, [, , , dataset, variable, number, form, record]) {
  const facts = site.facts.datasets[dataset];
  const text = `${dataset}.${variable}${number === null ? "" : ` ${number}`}`;
  const all = facts ? await site.ofSubject("records", dataset, subject) : [];
  const found = all.find((one) => (number === null ? true : site.of(one, facts.number) === number)
    && (all.length === 1 || (site.of(one, "_form") === form && site.of(one, "_record") === record)));
  return found ? site.link(site.toCell(dataset, found.place, variable), text) : text;
}

/* The participant's time: every candidate on one axis, the one that decided filled. */
function candidatesPicture(record, candidates, decides) {
  const day = (date) => Date.parse(`${date}T00:00:00Z`) / 86400000;
  const dated = candidates.filter((one) => one[1]);
  const kinds = [...new Set(dated.map((one) => one[0]))];
  if (!dated.length) return null;
  const days = dated.map((one) => day(one[1]));
  const [from, to] = [Math.min(...days), Math.max(...days)];
  const left = 130;
  const width = 800;
  const x = (date) => left + ((day(date) - from) / Math.max(to - from, 1)) * (width - left - 20);
  const y = (kind) => 18 + 20 * kinds.indexOf(kind);
  const height = 20 * kinds.length + 30;
  const dots = dated.map((one) => site.svg("circle", { cx: x(one[1]), cy: y(one[0]), r: decides(one) ? 6 : 4, class: decides(one) ? "bad" : "dot" },
    site.svg("title", {}, `${one[1]}: ${site.shown(one[2])}`)));
  const lanes = kinds.map((kind) => [site.svg("text", { x: 0, y: y(kind) + 4 }, kind), site.svg("line", { x1: left, x2: width - 10, y1: y(kind), y2: y(kind), class: "axis" })]);
  const ends = [[from, "start"], [to, "end"]].map(([at, anchor]) => site.svg("text", { x: anchor === "start" ? left : width - 10, y: height - 4, "text-anchor": anchor }, new Date(at * 86400000).toISOString().slice(0, 10)));
  return site.svg("svg", { class: "drawn", viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": "The candidates on the participant's time; the table below has them as text" }, lanes, dots, ends);
}

/* --- where explanations are shown */
/* A cell of a table opens its explanation in a dialog; the link itself leads to the page of the cell. */
site.openCells = () => {
  const dialog = document.querySelector("dialog");
  const inside = dialog.querySelector("div.inside");
  dialog.querySelector("button").addEventListener("click", () => dialog.close());
  document.addEventListener("click", async (event) => {
    const link = event.target.closest("a[href*='cell.html#']");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    const [dataset, place, variable] = link.getAttribute("href").split("#")[1].split("/");
    try {
      inside.replaceChildren(...(await site.explanation(dataset, Number(place) - 1, variable)).filter(Boolean));
    } catch (error) {
      inside.replaceChildren(site.h("p", { class: "bad", role: "alert" }, `It cannot be shown: ${error.message}`));
    }
    if (!dialog.open) dialog.showModal();
    dialog.scrollTop = 0;
  });
};
