"use strict";
// What is folded is printed whole; browsers that know ::details-content need no help.
addEventListener("beforeprint", () => {
  for (const each of document.querySelectorAll("details.numbers:not([open])")) {
    each.open = true;
    each.dataset.opened = "";
  }
});
addEventListener("afterprint", () => {
  for (const each of document.querySelectorAll("details[data-opened]")) {
    each.open = false;
    delete each.dataset.opened;
  }
});

// Sorting and filtering of the table. #sort=NAME and #sort=-NAME (descending) and &filter=PHRASES
// are links to a view of it.
(() => {
  const table = document.getElementById("cells");
  if (!table) return;
  const body = table.tBodies[0];
  const rows = [...body.rows];
  const heads = [...table.tHead.rows[0].cells];
  const keys = heads.map((head) => head.firstElementChild.dataset.key);
  const names = heads.map((head) => plain(head.textContent));
  const filter = document.getElementById("filter");
  const count = document.getElementById("count");
  const inWords = new Intl.Collator("en", { numeric: true });
  let column = -1;
  let falling = false;

  // What is empty goes last in both directions.
  function compare(a, b) {
    const [x, y] = [a.cells[column], b.cells[column]];
    const [p, q] = [x.dataset.value ?? x.textContent, y.dataset.value ?? y.textContent];
    if (p === "" || q === "") return (p === "") - (q === "");
    const numbers = "value" in x.dataset && "value" in y.dataset;
    const order = numbers ? Number(p) - Number(q) : inWords.compare(p, q);
    return falling ? -order : order;
  }

  function plain(text) {
    return text.toLowerCase().replace(/\s+/g, " ").trim();
  }

  // A phrase, and the columns in which it is looked for: all, or those whose heading begins so.
  function asked(text) {
    const phrase = plain(text);
    const all = names.map((_, i) => i);
    const at = phrase.indexOf(":");
    if (at > 0) {
      const heading = phrase.slice(0, at).trim();
      const columns = all.filter((i) => names[i].startsWith(heading));
      if (columns.length) return { phrase: phrase.slice(at + 1).trim(), columns };
    }
    return { phrase, columns: all };
  }

  // At the beginning of a word. A number is whole: rank 1 is not rank 10, nor 0.1 0.15.
  function stands(phrase, text) {
    for (let at = text.indexOf(phrase); at >= 0; at = text.indexOf(phrase, at + 1)) {
      const before = text.slice(0, at);
      const after = text.slice(at + phrase.length);
      const begins = !/[\p{L}\p{N}]$/u.test(before) && !(/^\d/.test(phrase) && /\d\.$/.test(before));
      const ends = !/\d$/.test(phrase) || !/^(\d|\.\d)/.test(after);
      if (begins && ends) return true;
    }
    return false;
  }

  function show() {
    heads.forEach((head, i) => {
      const sorted = falling ? "descending" : "ascending";
      head.setAttribute("aria-sort", i === column ? sorted : "none");
    });
    body.append(...(column < 0 ? rows : [...rows].sort(compare)));
    const wanted = filter.value.split(",").map(asked).filter((each) => each.phrase);
    let left = 0;
    for (const row of rows) {
      const texts = [...row.cells].map((cell) => plain(cell.textContent));
      row.hidden = !wanted.every(({ phrase, columns }) =>
        columns.some((i) => stands(phrase, texts[i])),
      );
      left += row.hidden ? 0 : 1;
    }
    count.textContent = left === rows.length ? `${left} cells` : `${left} of ${rows.length} cells`;
  }

  function read() {
    const view = new URLSearchParams(location.hash.slice(1));
    const sort = view.get("sort") ?? "";
    column = keys.indexOf(sort);
    falling = column < 0 && sort.startsWith("-");
    if (falling) column = keys.indexOf(sort.slice(1));
    filter.value = view.get("filter") ?? "";
    show();
  }

  function keep() {
    const view = new URLSearchParams();
    if (column >= 0) view.set("sort", (falling ? "-" : "") + keys[column]);
    if (filter.value) view.set("filter", filter.value);
    history.replaceState(null, "", `#${view}`);
    show();
  }

  heads.forEach((head, i) => {
    head.firstElementChild.addEventListener("click", () => {
      falling = i === column && !falling;
      column = i;
      keep();
    });
  });
  filter.addEventListener("input", keep);
  addEventListener("hashchange", read);
  read();
})();
