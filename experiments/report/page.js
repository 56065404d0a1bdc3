"use strict";
// Sorting and filtering of the table. #sort=NAME and #sort=-NAME (descending) and &filter=WORDS are
// links to a view of it.
(() => {
  const table = document.getElementById("cells");
  if (!table) return;
  const body = table.tBodies[0];
  const rows = [...body.rows];
  const heads = [...table.tHead.rows[0].cells];
  const keys = heads.map((head) => head.firstElementChild.dataset.key);
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

  function show() {
    heads.forEach((head, i) => {
      const sorted = falling ? "descending" : "ascending";
      head.setAttribute("aria-sort", i === column ? sorted : "none");
    });
    body.append(...(column < 0 ? rows : [...rows].sort(compare)));
    const wanted = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
    let left = 0;
    for (const row of rows) {
      const text = [...row.cells].map((cell) => cell.textContent).join(" ").toLowerCase();
      row.hidden = !wanted.every((word) => text.includes(word));
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
