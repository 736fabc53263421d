// Head, status, tiles, the sentence, friction signals and data health.
function drawHead() {
  const select = (label, options, chosen, act) => h("select", { "aria-label": label, on: { change: (event) => act(event.target.value) } },
    options.map(([value, text]) => h("option", { value: value, selected: value === chosen }, text)));
  const shops = data.shops.map((item, index) => [String(index), item.name]);
  const periods = [...shop().periods].reverse().map((item) =>
    [item.period, periodName(item.period) + (item.is_mature ? "" : " (" + t("filling") + ")")]);
  const languages = [["en", "English"], ["es", "Español"], ["it", "Italiano"]];
  const head = document.getElementById("top");
  head.replaceChildren(
    h("div", { class: "head" },
      h("h1", {}, h("span", { class: "sr" }, t("report") + ": "),
        shops.length > 1 ? select(t("shop"), shops, String(state.shop), chooseShop) : shop().name || t("report"),
        periods.length ? [" · ", select(t("period"), periods, state.period, choosePeriod)] : null),
      h("div", { class: "tools" },
        select(t("language"), languages, state.language, chooseLanguage),
        h("button", { type: "button", id: "theme", on: { click: toggleTheme } }, "◐ " + t("theme")))),
    drawStatus());
}

function drawStatus() {
  const item = (kind, text) => h("span", { class: kind }, h("i", { "aria-hidden": "true" }), text);
  const coverage = period().coverage_rate;
  const records = sum(data.health, "records_in_count");
  const share = records ? sum(data.health, "quarantined_count") / records : 0;
  const word = coverage >= 0.8 ? "most" : coverage >= 0.4 ? "part" : coverage > 0 ? "few" : "none";
  return h("p", { class: "status", role: "status" },
    item("", t("data_to", { at: when(shop().as_of) })),
    shop().cart_as_of ? item("", t("judged_to", { at: when(shop().cart_as_of) })) : item("bad", t("not_judged")),
    coverage === null || coverage === undefined ? item("warn", t("coverage_unknown"))
      : item({ most: "", part: "warn", few: "bad", none: "bad" }[word], t("coverage", { share: percent(coverage, 0), word: t("word_" + word) })),
    item(share > 0.01 ? "bad" : "", t("quarantine", { share: percent(share, share > 0 && share < 0.001 ? 2 : 1), word: t(share > 0.01 ? "word_over" : "word_within") })),
    period().is_mature || !period().period ? null : item("warn", t("immature")));
}

function drawTiles() {
  return h("div", { class: "tiles" }, period().tiles.map((tile) => h("div", { class: "tile", "data-tile": tile.name },
    h("h2", {}, t("tile_" + tile.name), ask(tile.name === "first_order" ? "first_order" : "tiles", tile.n)),
    h("p", { class: "value" }, tileValue(tile)),
    h("p", { class: "soft" }, tileSize(tile)),
    h("p", { class: "soft" }, tileChange(tile)))));
}

function tileValue(tile) {
  if (tile.value === null || tile.value === undefined) return absent;
  if (tile.kind === "share") return [decimal(tile.value * 100), h("span", {}, " %")];
  if (tile.kind === "money") return money(tile.value, shop().currency);
  const [size, unit] = span(tile.value);
  return [size, h("span", {}, " " + unit)];
}

// Days as people say them: less than a day in hours, less than an hour in minutes.
function span(days) {
  if (days < 1 / 24) return [decimal(days * 1440, 0), "min"];
  return days < 1 ? [decimal(days * 24), "h"] : [decimal(days), t("days")];
}

function tileSize(tile) {
  if (tile.kind === "share") return (tile.low === null ? "" : range(tile.low, tile.high) + " % · ") + "n = " + count(tile.n) + " " + t("carts");
  if (tile.kind === "money") {
    const share = tile.of ? percent(tile.n / tile.of, 0) + (tile.low === null ? "" : " (" + range(tile.low, tile.high) + ")") : absent;
    return "n = " + count(tile.n) + " · " + t("of_unsold", { share: share, n: count(tile.of) });
  }
  const spans = tile.low === null ? "" : span(tile.low).join(" ") + "–" + span(tile.high).join(" ") + " · ";
  return spans + "n = " + count(tile.n) + " " + t("customers");
}

function tileChange(tile) {
  if (!tile.previous) return t("no_before");
  if (tile.change === null) return t("too_few");
  const size = Math.abs(tile.change);
  const isNothing = size < (tile.change_kind === "days" ? 1 / 1440 : tile.change_kind === "points" ? 0.0005 : 0.005);
  const sign = isNothing ? "±" : tile.change > 0 ? "+" : "−";
  const text = tile.change_kind === "points" ? decimal(size * 100) + " " + t("points")
    : tile.change_kind === "days" ? span(size).join(" ") : percent(size, 0);
  const chance = tile.is_chance ? " (" + t("by_chance") + ")" : "";
  return t("against", { change: sign + text, period: periodName(tile.previous) }) + chance;
}

function drawSentence() {
  const found = period().sentence;
  if (!found) return null;
  const parts = [t("sentence_step", { step: "\u0001", dropped: count(found.dropped), total: count(found.total) })];
  if (found.contrast) {
    const c = found.contrast;
    parts.push(t("sentence_contrast", { high: capital(humane(c.high)), low: humane(c.low), ratio: decimal(c.ratio), n: count(c.n), q: c.q < 0.001 ? "< 0.001" : decimal(c.q, 3) }));
  }
  if (found.signal) {
    const s = found.signal;
    parts.push(t("sentence_signal", { signal: humane(s.signal), left: percent(s.abandoned_share, 0), bought: percent(s.purchased_share, 0) }));
  }
  const [before, after] = parts.join(" ").split("\u0001");
  const step = shortName(found.step);
  return h("p", { class: "lead", id: "sentence" }, before, h("b", {}, step.toLowerCase()), after, " ", h("small", { class: "soft" }, t("sentence_note")));
}
function capital(text) { return text.charAt(0).toUpperCase() + text.slice(1); }

function drawFriction() {
  const rows = period().friction;
  const most = Math.max(0.01, ...rows.flatMap((row) => [row.abandoned_share || 0, row.purchased_share || 0]));
  const width = (value) => ({ width: (100 * (value || 0)) / most + "%" });
  const lines = rows.map((row) => h("div", { class: "signal" },
    h("div", {}, humane(row.signal), h("small", { css: { display: "block" } }, humane(row.evidence_kind))),
    h("div", { class: "track", "aria-hidden": "true" }, h("i", { class: "lost", css: width(row.abandoned_share) }), h("i", { class: "on", css: width(row.purchased_share) })),
    h("div", { class: "num" }, h("span", { class: "lostnum" }, percent(row.abandoned_share)), h("br"), h("small", {}, percent(row.purchased_share) + " · n = " + count(row.abandoned_count))),
    h("div", { class: "num wide" }, row.lift === null ? absent : decimal(row.lift) + "×")));
  return h("section", { id: "friction", "aria-labelledby": "friction-title" },
    h("div", { class: "title" }, h("h2", { id: "friction-title" }, t("friction")), ask("friction", period().counts.abandoned_count)),
    h("div", { class: "key" },
      h("span", {}, h("span", { class: "bar", "aria-hidden": "true" }, h("i", { class: "lost" })), t("abandoned_carts")),
      h("span", {}, h("span", { class: "bar", "aria-hidden": "true" }, h("i", { class: "on" })), t("bought_carts"))),
    rows.length ? h("div", { class: "signals" }, lines) : h("p", { class: "soft" }, t("no_data")),
    h("p", { class: "survey", lang: "en" }, h("b", {}, t("survey_title") + ". "), data.survey));
}

function drawHealth() {
  const heads = ["source", "records_in", "accepted", "duplicates", "superseded", "quarantined", "erased", "late", "data_until", "unmapped"]
    .map((name, index) => [t(name), index > 0 && index < 9]);
  const rows = data.health.map((row) => [row.source, count(row.records_in_count), count(row.accepted_count), count(row.duplicate_count),
    count(row.superseded_count), count(row.quarantined_count) + (row.quarantined_count ? " (" + percent(row.quarantined_count / row.records_in_count) + ")" : ""),
    count(row.erased_count), count(row.late_count), when(row.watermark_at, { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" }),
    (row.unmapped_names || []).slice(0, 8).join(", ")]);
  return h("section", { id: "health", "aria-labelledby": "health-title" },
    h("div", { class: "title" }, h("h2", { id: "health-title" }, t("health")), ask("data_health", sum(data.health, "records_in_count")), h("p", {}, t("all_shops"))),
    table(t("health"), heads, rows),
    drawRestated());
}

function drawRestated() {
  const [total, ...reasons] = data.restated;
  const text = !total.figure_count ? t("restated_none") : t("restated", { figures: count(total.figure_count), periods: count(total.period_count),
    reasons: reasons.map((row) => t("reason_" + row.reason) + " " + count(row.figure_count)).join(", ") });
  return h("p", { class: "soft", id: "restated" }, text, " ", ask("restated", total.figure_count));
}
