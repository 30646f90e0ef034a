"use strict";
/* The pages, each by the name that its document has in data-page. */
const pages = {};

pages.dataset = () => {
  const dataset = document.documentElement.dataset.name;
  site.openCells();
  return site.recordsTable(document.querySelector("#records"), dataset);
};

pages.cell = async (target) => {
  const [dataset, place, variable] = target.split("/");
  const parts = await site.explanation(dataset, Number(place) - 1, variable);
  document.querySelector("#content").replaceChildren(...parts.filter(Boolean));
  document.title = `${dataset}.${variable}: ${document.documentElement.dataset.study}`;
};

pages.variable = async (target) => {
  const [dataset, name] = target.split(".");
  const facts = site.facts.datasets[dataset];
  const mapping = await site.load("mapping", dataset);
  const of = mapping.variables[name];
  if (!of) throw new Error(`${target} is no variable of this build`);
  const [label, type] = facts.variables[name];
  const entries = [["Dataset", site.link(site.toDataset(dataset), `${dataset}, ${facts.label}`)], ["Type", type], ["Core", of.core], ["Role", of.role],
    ["Origin", (of.origins || []).join(", ")], ["Stands in", of.is_supplemental ? `SUPP${dataset}` : dataset], ["Comment", of.comment],
    ["Review", site.reviewOf(mapping, target)], [`Review of the records of ${dataset}`, site.reviewOf(mapping, dataset)]];
  const described = entries.filter(([, text]) => text).map(([head, text]) => [site.h("dt", {}, head), site.h("dd", {}, text)]);
  document.title = `${target}: ${document.documentElement.dataset.study}`;
  document.querySelector("#content").replaceChildren(...[
    site.h("h1", {}, target), site.h("p", {}, label), site.h("dl", {}, described),
    of.distribution ? site.distribution(of.distribution) : null,
    ...(of.rules || []).map((rule) => [site.ruleOfVariable(mapping, rule), site.rule(rule)]).flat(),
    site.lineage(dataset, name, of),
    of.recodings ? site.plainTable("Recoded", ["Collected", "Published", "Records"], of.recodings.map(([collected, value, records]) => site.h("tr", {},
      site.h("td", {}, collected), site.h("td", {}, value), site.h("td", { class: "n" }, String(records))))) : null,
    of.codelist ? site.plainTable(`Code list ${of.codelist.name} ${of.codelist.code || ""}`, ["Term", "Meaning"], of.codelist.terms.map(([term, decode]) => site.h("tr", {},
      site.h("td", {}, term), site.h("td", {}, decode || "")))) : null,
  ].filter(Boolean));
};

/* Who reviewed a line of the mapping, and whether it changed since. */
site.reviewOf = (mapping, target) => {
  const review = mapping.reviews[target];
  if (!review) return "";
  const text = `${review.state === "reviewed" ? "reviewed" : `${review.state} it was reviewed`} by ${review.by}${review.note ? `: ${review.note}` : ""}`;
  return site.h("span", { class: review.state === "reviewed" ? "good" : "bad" }, text);
};

site.rule = (rule) => ruleSection(rule);
site.ruleOfVariable = (mapping, rule) => {
  const block = rule.block === undefined ? null : (mapping.records.find((one) => one.block === rule.block) || {}).what;
  return mapping.records.length > 1 && block ? site.h("h2", {}, `In records from ${block}`) : null;
};

site.distribution = (found) => {
  const summary = `${site.counted(found.distinct, "distinct value")}, ${site.counted(found.missing, "record")} without a value`;
  if (found.classes) {
    const most = Math.max(...found.classes);
    const bars = found.classes.map((count, place) => site.svg("rect", { x: place * 14, width: 12, y: 60 - (56 * count) / most, height: (56 * count) / most, class: "bar" }, site.svg("title", {}, String(count))));
    const labels = [site.svg("text", { x: 0, y: 76 }, String(found.from)), site.svg("text", { x: 280, y: 76, "text-anchor": "end" }, String(found.to))];
    return site.h("section", {}, site.h("h2", {}, "Values"), site.h("p", {}, summary),
      site.svg("svg", { class: "drawn", width: 280, height: 80, viewBox: "0 0 280 80", role: "img", "aria-label": `Distribution from ${found.from} to ${found.to}: ${found.classes.join(", ")} records in ${found.classes.length} classes of equal width` }, bars, labels));
  }
  const most = Math.max(...found.frequent.map(([, count]) => count), 1);
  const rows = found.frequent.map(([value, count]) => site.h("tr", {}, site.h("td", {}, String(value)), site.h("td", { class: "n" }, count.toLocaleString("en")),
    site.h("td", {}, site.svg("svg", { width: 120, height: 12, viewBox: "0 0 120 12", "aria-hidden": "true" }, site.svg("rect", { width: (120 * count) / most, height: 12, class: "bar" })))));
  return site.h("section", {}, site.h("h2", {}, "Values"), site.plainTable(summary, ["Value", "Records", "Share"], rows));
};

/* Raw fields and published variables that a variable rests on, as a graph from left to right. */
site.lineage = (dataset, name, of) => {
  const near = new Map();
  for (const rule of of.rules || []) for (const [, from, input] of rule.inputs || []) if (from && input !== "USUBJID") near.set(`${from}.${input}`, from in site.facts.forms);
  const nearNames = [...near.keys()];
  const far = [...new Set((of.raw || []).map((text) => text.split(" ")[0]))].filter((text) => !near.has(text)).slice(0, 24);
  const columns = [far, nearNames.slice(0, 24), [`${dataset}.${name}`]];
  if (!nearNames.length && !far.length) return null;
  const height = 26 * Math.max(...columns.map((column) => column.length)) + 10;
  const middle = (column, place) => 5 + 13 + 26 * place + (height - 10 - 26 * columns[column].length) / 2;
  const boxes = columns.flatMap((texts, column) => texts.map((text, place) => {
    const [from, of_] = text.split(".");
    const to = from in site.facts.forms ? site.toForm(from, of_) : site.toVariable(from, of_);
    const box = [site.svg("rect", { x: 10 + 280 * column, y: middle(column, place) - 10, width: 200, height: 20, rx: 4, class: "box" }),
      site.svg("text", { x: 18 + 280 * column, y: middle(column, place) + 4 }, text)];
    return site.svg("a", { href: to }, box);
  }));
  const edges = [];
  columns[1].forEach((_, place) => edges.push([210 + 280, middle(1, place), 10 + 560, middle(2, 0)]));
  columns[0].forEach((_, place) => (columns[1].length ? edges.push([210, middle(0, place), 290, height / 2]) : edges.push([210, middle(0, place), 570, middle(2, 0)])));
  const lines = edges.map(([x1, y1, x2, y2]) => site.svg("path", { d: `M${x1} ${y1} C${x1 + 40} ${y1} ${x2 - 40} ${y2} ${x2} ${y2}`, class: "edge" }));
  return site.h("section", {}, site.h("h2", {}, "What it rests on"),
    site.svg("svg", { class: "drawn", viewBox: `0 0 790 ${height}`, role: "group", "aria-label": `${dataset}.${name} and what it rests on` }, lines, boxes));
};

pages.form = async (target) => {
  const [place, ...record] = target.split("/");
  const [form, marked] = place.split(".");
  const facts = site.facts.forms[form];
  if (!facts) throw new Error(`${form} is no form of this build`);
  const readers = await site.load("mapping", "_readers");
  const rows = Object.entries(facts.fields).map(([field, question]) => site.h("tr", { id: field, class: field === marked ? "is-marked" : null },
    site.h("th", { scope: "row" }, field), site.h("td", {}, question),
    site.h("td", {}, (readers[`${form}.${field}`] || []).map((variable) => [site.link(site.toVariable(...variable.split(".")), variable), " "]))));
  document.title = `${form}: ${document.documentElement.dataset.study}`;
  document.querySelector("#content").replaceChildren(
    site.h("h1", {}, facts.title || form), site.h("p", {}, `Form ${form}, ${facts.record || ""}. ${site.counted(facts.files.reduce((sum, file) => sum + file.rows, 0), "record")}.`),
    site.plainTable("Each question, and the variables whose mapping reads it", ["Field", "Question", "Read by"], rows),
    site.h("h2", {}, "Records as collected"), site.h("div", { id: "records" }));
  const names = ["USUBJID", "record", ...Object.keys(facts.fields)];
  await site.table(document.querySelector("#records"), {
    name: form, caption: facts.title || form, columns: names.map((name) => [name, facts.fields[name] || name]), files: facts.files,
    filters: record.length ? { record: decodeURIComponent(record.join("/")) } : {},
    load: (number) => site.load("raw", `${form}-${number}`),
    line: (record) => site.h("tr", {}, names.map((name) => {
      const value = site.of(record, name);
      return site.h("td", {}, name === "USUBJID" && value ? site.link(site.toParticipant(value), value) : site.shown(value));
    })),
  });
};

pages.findings = async () => {
  const found = await site.load("findings", "findings");
  found.columns.raw = await site.load("lines", "_findings");
  const names = ["severity", "owner", "rule", "site", "form", "dataset", "variable", "key", "value", "message", "raw"];
  await site.table(document.querySelector("#records"), {
    name: "findings", caption: "Each finding with its record and what to do", columns: names.map((name) => [name, name]), files: [{ rows: found.rows }],
    load: async () => found,
    line: (record) => site.h("tr", {}, names.map((name) => site.h("td", { class: name === "severity" ? { error: "bad", warning: "warn" }[site.of(record, name)] : null, title: site.shown(site.of(record, name)) }, findingCell(record, name)))),
  });
};

function findingCell(record, name) {
  const value = site.of(record, name);
  if (name === "dataset" && value && site.facts.datasets[value]) return site.link(site.toDataset(value), value);
  if (name === "variable" && value && site.facts.datasets[site.of(record, "dataset")]) return site.link(site.toVariable(site.of(record, "dataset"), value), value);
  if (name === "form" && value) return site.link(site.toForm(value), value);
  if (name === "raw" && site.of(record, "record")) return site.link(site.toRaw(site.of(record, "form"), site.of(record, "record")), value);
  const subject = name === "key" && value ? /USUBJID=([^,;\s]+)/.exec(value) : null;
  return subject ? site.link(site.toParticipant(subject[1]), value) : site.shown(value);
}
