// The checkout strip: one row a step; a row opens to its segments, last acts and example customers.
function drawStrip() {
  const rows = period().strip;
  const counts = period().counts;
  const section = h("section", { class: "first", id: "checkout", "aria-labelledby": "strip-title" },
    h("div", { class: "title" }, h("h2", { id: "strip-title" }, t("strip")), ask("drop_off", counts.judged_count),
      h("p", {}, t("row_hint"))));
  if (!rows.length) {
    section.append(h("p", { class: "soft" }, shop().cart_as_of ? t("no_data") : t("not_judged")));
    return section;
  }
  const most = Math.max(1, ...rows.map((row) => row.reached_count || 0));
  const strip = h("div", { class: "strip" }, headRow());
  for (const row of rows) {
    if (row.checkout_step === "unplaced" && !row.reached_count) continue;
    strip.append(stepRow(row, most));
  }
  const line = t("summary_line", {
    created: count(counts.created_count), unbroken: count(counts.unbroken_count), abandoned: count(counts.abandoned_count),
    recovered: count(counts.recovered_count), open: count(counts.open_count),
  });
  const keys = [["on", "went_on"], ["open", "open"], ["lost", "dropped"]].map(([kind, name]) =>
    h("span", {}, h("span", { class: "bar", "aria-hidden": "true" }, h("i", { class: kind })), t(name)));
  section.append(strip, h("div", { class: "key" }, keys, h("span", {}, line)));
  return section;
}

function headRow() {
  return h("div", { class: "row head-row", "aria-hidden": "true" },
    h("div", {}, t("step")), h("div", { class: "bar" }),
    h("div", { class: "num wide" }, t("reached")), h("div", { class: "num wide" }, t("went_on")),
    h("div", { class: "num wide" }, t("open")), h("div", { class: "num" }, t("dropped")),
    h("div", { class: "num" }, t("rate")), h("div", { class: "num" }, t("share_abandoned")));
}

function stepRow(row, most) {
  if (row.is_observable === false && !row.reached_count) return unseenRow(row);
  const isOpen = state.step === row.checkout_step;
  const identifier = "detail-" + row.checkout_step;
  const wrap = h("div", { class: "step" });
  wrap.append(h("button", {
    class: "row", type: "button", "aria-expanded": String(isOpen), "aria-controls": identifier, "data-step": row.checkout_step,
    "aria-label": spoken(row),
    on: { click: () => { state.step = isOpen ? null : row.checkout_step; redraw("checkout", row.checkout_step); } },
  }, cells(row, most)));
  const parts = row.parts || [];
  if (parts.length > 1) {
    for (const part of parts) wrap.append(h("div", { class: "row part", title: spoken(part) }, cells(part, most)));
  }
  if (isOpen) wrap.append(h("div", { class: "detail", id: identifier }, detail(row)));
  return wrap;
}

function spoken(row) {
  return [stepName(row.checkout_step), t("reached") + " " + count(row.reached_count), t("went_on") + " " + count(row.advanced_count),
    t("dropped") + " " + count(row.dropped_count), t("rate") + " " + percent(row.dropped_rate),
    t("share_abandoned") + " " + percent(row.dropped_share)].join(", ");
}

function unseenRow(row) {
  return h("div", { class: "step plain" }, h("div", { class: "row" },
    h("div", { class: "name soft" }, stepName(row.checkout_step)), h("div", { class: "soft note" }, t("not_observable"))));
}

function cells(row, most) {
  const width = (value) => ({ width: (100 * (value || 0)) / most + "%" });
  const merged = (row.includes_steps || []).filter((step) => step !== row.checkout_step);
  // The order is where the checkout ends: nobody is lost there.
  const isEnd = row.checkout_step === "order" && !row.dropped_count;
  const isIdentify = row.checkout_step === "identify";
  const note = isIdentify ? t("identify").slice(shortName("identify").length + 1)
    : merged.length ? t("includes", { steps: merged.map(stepName).join(", ") }) : null;
  return [
    h("div", { class: "name" }, shortName(row.checkout_step), note && h("small", {}, note)),
    h("div", { class: "bar", "aria-hidden": "true" },
      row.advanced_count ? h("i", { class: "on", css: width(row.advanced_count) }) : null,
      row.open_count ? h("i", { class: "open", css: width(row.open_count) }) : null,
      row.dropped_count ? h("i", { class: "lost", css: width(row.dropped_count) }) : null),
    h("div", { class: "num wide" }, count(row.reached_count)),
    h("div", { class: "num wide" }, count(row.advanced_count)),
    h("div", { class: "num wide soft" }, count(row.open_count)),
    h("div", { class: row.dropped_count ? "num lostnum" : "num soft" }, isEnd ? absent : count(row.dropped_count)),
    h("div", { class: "num rate" }, isEnd || row.checkout_step === "unplaced" ? absent
      : [percent(row.dropped_rate), " ", h("small", {}, range(row.low, row.high))]),
    h("div", { class: "num sharenum" + (row.dropped_count ? "" : " soft") }, isEnd ? absent : percent(row.dropped_share)),
  ];
}

function detail(row) {
  const steps = row.checkout_step === "identify" ? row.parts.map((part) => part.checkout_step) : [row.checkout_step];
  const at = (rows) => rows.filter((item) => steps.includes(item.checkout_step));
  const facts = [
    t("money_dropped") + ": " + money(row.value_dropped, shop().currency),
    t("median_time") + ": " + duration(row.median_seconds),
    t("recovered_of", { n: count(row.recovered_count) }),
    t("contactable_of", { n: count(row.contactable_count) }),
  ];
  const segments = ["device_type", "checkout_identity", "country"].map((column) =>
    segmentTable("by_" + column, at(period().segments).filter((item) => item.breakdown_by === column), steps.length > 1));
  return [h("p", {}, facts.join(" · ")), segments, shopTable(row), actsList(at(period().last_acts)), examplesList(at(period().examples))];
}

function segmentTable(title, rows, isSplit) {
  if (!rows.length) return null;
  const shown = rows.slice(0, 12);
  const cellsOf = (row) => {
    const judged = row.advanced_count + row.dropped_count;
    const rate = judged < 30 ? h("span", { class: "soft" }, "n < 30") : [percent(row.dropped_count / judged), " ",
      h("small", {}, range(...wilson(row.dropped_count, judged)))];
    return [(isSplit ? stepName(row.checkout_step) + " · " : "") + humane(row.breakdown), count(row.reached_count), count(row.dropped_count), rate];
  };
  return h("div", {}, h("h3", {}, t(title), " ", ask("drop_off_by", sum(rows, "reached_count"))),
    table(t(title), [["", false], [t("reached"), true], [t("dropped"), true], [t("rate"), true]], shown.map(cellsOf)));
}

function shopTable(row) {
  if (data.shops.length < 2) return null;
  const found = data.shops.map((other) => {
    const same = other.periods.find((item) => item.period === state.period);
    const match = same && same.strip.find((item) => item.checkout_step === row.checkout_step);
    return match ? { ...match, breakdown: other.name, checkout_step: row.checkout_step } : null;
  }).filter(Boolean);
  return segmentTable("by_shop", found, false);
}

function actsList(rows) {
  const items = rows.map((row) => h("li", {}, h("span", {}, humane(row.acts)),
    h("span", { class: "num" }, count(row.cart_count), " ", h("small", {}, percent(row.cart_count / row.total_count, 0)))));
  return h("div", {}, h("h3", {}, t("last_acts"), " ", ask("last_acts", rows.length ? rows[0].total_count : 0)),
    items.length ? h("ol", { class: "list" }, items) : h("small", {}, t("none_here")));
}

function examplesList(rows) {
  const items = rows.slice(0, 5).map((row) => {
    const name = row.customer_id || row.customer_key.slice(0, 12);
    const link = data.customers[row.customer_key]
      ? h("button", { class: "linkish", type: "button", title: t("see_journey"), on: { click: () => showCustomer(row.customer_key) } }, name)
      : h("span", {}, name);
    return h("li", {}, h("span", {}, link, " ", h("small", {}, [when(row.created_at, { day: "numeric", month: "short" }),
      row.left_from ? humane(row.left_from) : null].filter(Boolean).join(" · "))), h("span", { class: "num" }, money(row.value, shop().currency)));
  });
  return h("div", {}, h("h3", {}, t("example_customers"), " ", ask("examples", rows.length)),
    items.length ? h("ol", { class: "list" }, items) : h("small", {}, t("none_here")));
}
