#include "report/page_style.hpp"

namespace snitt::report {

// Series colours: Okabe and Ito (2008), told apart by colour-blind readers; darker ones on white. Lines
// differ in their dashes and marks in their shapes besides, for those who print in grey.
const char* const page_style = R"(
:root { --ink: #1c2330; --soft: #5b6472; --paper: #ffffff; --panel: #f5f6f8; --rule: #d9dde3;
  --c0: #0063a6; --c1: #c04a00; --c2: #00795a; --c3: #a33f83; --c4: #8a6d00; --c5: #3f8fc4;
  --good: #00795a; --doubtful: #a35200; color-scheme: light; }
@media screen and (prefers-color-scheme: dark) {
:root { --ink: #e4e8ee; --soft: #9aa4b2; --paper: #14181f; --panel: #1c222b; --rule: #353d49;
  --c0: #56b4e9; --c1: #f08a4b; --c2: #2fc296; --c3: #de8fc4; --c4: #e6c229; --c5: #9ad1f5;
  --good: #2fc296; --doubtful: #f0a04b; color-scheme: dark; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 2rem 1.25rem 3rem; max-width: 50rem; background: var(--paper);
  color: var(--ink); font: 16px/1.5 system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 0.5rem; overflow-wrap: anywhere; }
h2 { font-size: 1.25rem; margin: 2.4rem 0 0.6rem; overflow-wrap: anywhere; }
h3 { font-size: 1.02rem; margin: 1.8rem 0 0.4rem; overflow-wrap: anywhere; }
a { color: var(--c0); }
p { margin: 0.4rem 0; } ul { margin: 0.4rem 0; padding-left: 1.3rem; } li { overflow-wrap: anywhere; }
.verdict { font-weight: 600; font-size: 1.1rem; }
.good { color: var(--good); } .doubtful { color: var(--doubtful); }
.note { color: var(--soft); font-size: 0.85rem; }
.attention { border-left: 4px solid var(--doubtful); background: var(--panel); padding: 0.5rem 0.9rem;
  margin: 0.8rem 0; } .attention.calm { border-color: var(--good); }
.attention ul { padding-left: 1.1rem; }
nav { border: 1px solid var(--rule); padding: 0.5rem 0.9rem; margin: 1.2rem 0; font-size: 0.9rem; }
nav ul { list-style: none; padding-left: 0; } nav ul ul { padding-left: 1.2rem; columns: 16rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: 0.9rem; }
th, td { text-align: left; padding: 0.3rem 0.7rem 0.3rem 0; border-bottom: 1px solid var(--rule);
  vertical-align: top; unicode-bidi: isolate; } th { color: var(--soft); font-weight: 600; vertical-align: bottom; }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
td small, th small { display: block; color: var(--soft); font-weight: normal; }
.wide { font-size: 0.8rem; } .wide th, .wide td { padding-right: 0.55rem; } .wide th { min-width: 3.2rem; }
td.short { white-space: nowrap; } .on-paper { display: none; }
.wide td.text { min-width: 7rem; max-width: 16rem; overflow-wrap: break-word; }
th button { all: unset; cursor: pointer; color: inherit; font: inherit; text-align: inherit; }
th button:hover { color: var(--ink); } th button:focus-visible { outline: 2px solid var(--c0); }
th[aria-sort="ascending"] button::after { content: " \25B2"; }
th[aria-sort="descending"] button::after { content: " \25BC"; }
details { margin: 0.5rem 0; } summary { cursor: pointer; font-size: 0.9rem; overflow-wrap: anywhere; }
dl { font-size: 0.85rem; margin: 0.4rem 0 0.4rem 0.2rem; } dt { font-weight: 600; }
dd { margin: 0 0 0.2rem 1.2rem; color: var(--soft); }
pre { white-space: pre-wrap; overflow-wrap: anywhere; font-size: 0.8rem; background: var(--panel);
  padding: 0.5rem 0.7rem; margin: 0.4rem 0; }
figure { margin: 0.8rem 0 1.2rem; } figcaption { color: var(--soft); font-size: 0.85rem; }
figure img { max-width: 100%; height: auto; }
footer { margin-top: 2.5rem; padding-top: 0.6rem; border-top: 1px solid var(--rule); color: var(--soft);
  font-size: 0.85rem; overflow-wrap: anywhere; }
svg { max-width: 100%; height: auto; display: block; font-size: 12px; }
svg text { fill: var(--ink); } svg .tick { fill: var(--soft); } svg .strong { fill: var(--paper); }
svg .halo { stroke: var(--paper); stroke-width: 3; paint-order: stroke; stroke-linejoin: round; }
svg .axis { stroke: var(--soft); } svg .grid { stroke: var(--rule); stroke-width: 0.75; }
svg .s0 { --c: var(--c0); } svg .s1 { --c: var(--c1); --d: 7 3; } svg .s2 { --c: var(--c2); --d: 2 3; }
svg .s3 { --c: var(--c3); --d: 9 3 2 3; } svg .s4 { --c: var(--c4); --d: 12 4; } svg .s5 { --c: var(--c5); --d: 4 2 1 2; }
svg .dots { stroke: var(--c); fill: none; stroke-width: 4; stroke-linecap: round; stroke-opacity: 0.55; }
svg .curve { stroke: var(--c, var(--ink)); fill: none; stroke-width: 1.6; stroke-linejoin: round; stroke-dasharray: var(--d, none); }
svg .name { fill: var(--c, var(--ink)); }
svg .bar { fill: var(--c); fill-opacity: 0.6; }
svg .part { stroke: var(--paper); stroke-width: 0.75; fill: var(--c0); } svg .on { fill: var(--ink); font-size: 11px; }
svg .p0 { fill-opacity: 0.85; } svg .p1 { fill-opacity: 0.4; } svg .p2 { fill-opacity: 0.15; } svg .part.p3 { fill: var(--c1); fill-opacity: 0.85; }
svg .part.p4 { fill: var(--c1); fill-opacity: 0.4; } svg .part.p5 { fill: var(--c1); fill-opacity: 0.15; }
svg .on.p0, svg .on.p3 { fill: var(--paper); fill-opacity: 1; } svg .on.p1, svg .on.p2 { fill-opacity: 1; }
svg .box { fill: var(--c0); fill-opacity: 0.28; stroke: var(--c0); stroke-width: 1; }
svg .whisker { stroke: var(--soft); stroke-width: 1; }
svg .range { stroke: var(--ink); stroke-width: 2.2; stroke-linecap: butt; }
svg .mark { fill: var(--c, var(--ink)); stroke: var(--paper); stroke-width: 0.75; }
svg .open { fill: var(--paper); stroke: var(--c, var(--ink)); stroke-width: 1.4; }
svg .out { --c: var(--c1); }
svg .level { stroke: var(--ink); stroke-width: 1.3; fill: none; } svg .level.l0 { stroke-width: 1.9; } svg .level.l1 { stroke-dasharray: 7 3; }
svg .level.l2 { stroke-dasharray: 2 3; } svg .level.l3 { stroke-dasharray: 9 3 2 3; }
svg .shade { fill: var(--c, var(--ink)); fill-opacity: 0.13; }
svg .limit { stroke: var(--soft); fill: none; stroke-width: 1.2; }
svg .limit.l1 { stroke-dasharray: 6 3; } svg .limit.l2 { stroke-dasharray: 2 3; }
svg .key { stroke: var(--c); stroke-width: 4; stroke-linecap: round; }
svg .left-out { stroke-dasharray: 3 3; opacity: 0.55; }
svg .arrow { stroke: var(--c, var(--ink)); fill: none; stroke-width: 1.4; stroke-linecap: round; }
svg .over .s0 { --c: #56b4e9; } svg .over .s1 { --c: #f5a36c; }
svg .image { fill: var(--panel); stroke: var(--rule); }
svg .band { fill: var(--c1); fill-opacity: 0.22; } svg .result { stroke: var(--c1); stroke-width: 1.5; }
svg .plus { fill: var(--c0); } svg .minus { fill: var(--c1); }
@media (max-width: 36rem) { body { padding: 1.2rem 0.8rem 2rem; } td.number, th.number { white-space: normal; }
  .wide td.number { white-space: nowrap; } figure .scroll svg { max-width: none; width: 600px; } }
@page { size: A4; margin: 16mm 14mm; }
@media print { .on-paper { display: block; } .on-screen { display: none; } td.short { white-space: normal; }
  .wide td.text { min-width: 0; } body { max-width: none; padding: 0; font-size: 10.5pt; }
  h2, h3 { break-after: avoid; } figure, tr, .attention { break-inside: avoid; } .scroll { overflow: visible; }
  thead { display: table-header-group; } nav { break-inside: avoid; } a { color: inherit; text-decoration: none; }
  .wide { font-size: 6.5pt; } .wide th { min-width: 0; overflow-wrap: anywhere; } .wide td.number { white-space: normal; } }
)";

const char* const sorting_script = R"(
(function () {
  'use strict';
  var order = new Intl.Collator(document.documentElement.lang, {numeric: true});
  function value(row, column) {
    var cell = row.cells[column];
    return cell.hasAttribute('data-v') ? cell.getAttribute('data-v') : cell.textContent;
  }
  function sorted(rows, column, numeric, sign) {
    return rows.map(function (row, i) { return {row: row, i: i, v: value(row, column)}; }).sort(function (a, b) {
      if (a.v === '' || b.v === '') return (a.v === '') - (b.v === '') || a.i - b.i;
      var d = numeric ? a.v - b.v : order.compare(a.v, b.v);
      return sign * d || a.i - b.i;
    });
  }
  document.querySelectorAll('table.sortable').forEach(function (table) {
    var heads = Array.prototype.slice.call(table.tHead.rows[0].cells);
    heads.forEach(function (head, column) {
      var button = document.createElement('button');
      button.type = 'button';
      while (head.firstChild) button.appendChild(head.firstChild);
      head.appendChild(button);
      button.addEventListener('click', function () {
        var up = head.getAttribute('aria-sort') !== 'ascending';
        heads.forEach(function (other) { other.removeAttribute('aria-sort'); });
        head.setAttribute('aria-sort', up ? 'ascending' : 'descending');
        var body = table.tBodies[0];
        sorted(Array.prototype.slice.call(body.rows), column, head.classList.contains('number'), up ? 1 : -1)
          .forEach(function (one) { body.appendChild(one.row); });
      });
    });
  });
  var opened = [];
  window.addEventListener('beforeprint', function () {
    document.querySelectorAll('details.print:not([open])').forEach(function (fold) { fold.open = true; opened.push(fold); });
  });
  window.addEventListener('afterprint', function () {
    opened.forEach(function (fold) { fold.open = false; });
    opened = [];
  });
})();
)";

}  // namespace snitt::report
