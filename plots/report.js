'use strict';
// Rows sort by a click on the name of a column, or by Enter on it: up, down,
// and as they were. Numbers sort by value, whatever their units; what is
// missing comes last. Without this script the tables are as they are.
(() => {
  const units = {'µs': 1e-3, ms: 1, s: 1e3, min: 6e4, h: 36e5, kbps: 1e3, Mbps: 1e6, Gbps: 1e9, kB: 1e3, MB: 1e6, GB: 1e9, K: 1e3, M: 1e6, G: 1e9};
  const number = text => {
    const m = /^[<≥≤~ ]*([−+-]?\d[\d.]*(?:e[+-]?\d+)?)\s*([A-Za-zµ]+)?/.exec(text);
    return m ? parseFloat(m[1].replace('−', '-')) * (units[m[2]] ?? 1) : NaN;
  };
  const key = (row, column, numbers) => {
    const text = row.cells[column].textContent.trim();
    const value = numbers ? number(text) : text;
    return text === '–' || text === '' || Number.isNaN(value) ? null : value;
  };
  const order = (a, b) => typeof a === 'number' ? a - b : a.localeCompare(b, undefined, {numeric: true});
  for (const table of document.querySelectorAll('table')) {
    const body = table.tBodies[0], rows = [...body.rows], heads = [...table.tHead.rows[0].cells];
    if (rows.length < 3) continue;
    heads.forEach((head, column) => {
      const button = document.createElement('button');
      button.type = 'button';
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener('click', () => {
        const next = {ascending: 'descending', descending: ''}[head.getAttribute('aria-sort')] ?? 'ascending';
        heads.forEach(h => h.removeAttribute('aria-sort'));
        let sorted = rows;
        if (next) {
          head.setAttribute('aria-sort', next);
          const down = next === 'descending' ? -1 : 1, numbers = head.className === 'n';
          sorted = rows.map(row => ({row, key: key(row, column, numbers)}))
            .sort((a, b) => a.key === null || b.key === null ? (a.key === null) - (b.key === null) : down * order(a.key, b.key))
            .map(r => r.row);
        }
        body.append(...sorted);
      });
    });
  }
  const contents = document.querySelector('details.contents');
  if (contents && innerWidth < 704) contents.open = false;
})();
