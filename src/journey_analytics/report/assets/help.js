// The "?" beside a figure: what the number means, and the SQL behind it.
function quoted(value) { return "'" + String(value).replaceAll("'", "''") + "'"; }

function written(sql) {
  return sql
    .replaceAll("$shop", () => quoted(shop().name))
    .replaceAll("$period", () => quoted(state.period || ""))
    .replaceAll("$customer", () => quoted(state.customer || ""));
}

function ask(name, n) {
  const figure = data.figures[name];
  return h("button", {
    class: "ask", type: "button", "aria-label": t("what_is_this") + " " + figure.title, "aria-haspopup": "dialog",
    on: { click: (event) => { event.stopPropagation(); openHelp(figure, n); } },
  }, "?");
}

function openHelp(figure, n) {
  const dialog = document.getElementById("help");
  const sql = written(figure.sql);
  const size = n === null || n === undefined ? figure.n : figure.n + " n = " + count(n) + ".";
  const copy = h("button", { type: "button", on: { click: () => copyText(sql, copy) } }, t("copy"));
  dialog.replaceChildren(
    h("h2", { id: "help-title" }, figure.title),
    h("dl", { lang: "en" },
      h("dt", {}, t("definition")), h("dd", {}, figure.definition),
      h("dt", {}, t("denominator")), h("dd", {}, figure.denominator),
      h("dt", {}, "n"), h("dd", {}, size),
      h("dt", {}, t("window")), h("dd", {}, figure.window)),
    h("pre", { tabindex: "0" }, sql),
    h("div", { class: "acts" }, copy,
      h("button", { type: "button", on: { click: () => dialog.close() } }, t("close"))));
  dialog.showModal();
}

async function copyText(text, button) {
  try { await navigator.clipboard.writeText(text); }
  catch {
    // A file opened from disk has no clipboard; the old way asks for nothing.
    const area = h("textarea", { class: "sr" });
    area.value = text;
    button.after(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
  button.textContent = t("copied");
}
