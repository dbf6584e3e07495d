// The bid history table: new lines on top, known lines rewritten, in the order of their seq.
import { historyFields } from "./lot.js";
import { all, setText, words } from "./view.js";

const KEPT = 50;

export class History {
  /** @param {HTMLElement} table @param {HTMLTemplateElement} template @param {HTMLElement | null} empty */
  constructor(table, template, empty) {
    this.body = /** @type {HTMLElement} */ (table.querySelector("tbody"));
    this.template = template;
    this.empty = empty;
  }

  /** @param {Record<string, any>[]} lines @param {string | null} alias */
  add(lines, alias) {
    for (const line of [...lines].sort((one, other) => one.seq - other.seq)) this.put(line, alias);
    const rows = all(this.body, "[data-line]");
    rows.slice(KEPT).forEach((row) => row.remove());
    if (this.empty) this.empty.hidden = rows.length > 0;
  }

  /** @param {Record<string, any>} line @param {string | null} alias */
  put(line, alias) {
    const rows = all(this.body, "[data-line]");
    const known = rows.find((row) => Number(row.dataset.line) === line.seq);
    const row = known ?? this.blank();
    row.dataset.line = String(line.seq);
    row.dataset.kind = line.kind;
    row.toggleAttribute("data-retracted", line.retracted);
    row.toggleAttribute("data-mine", Boolean(line.bidder) && line.bidder === alias);
    row.querySelector("time")?.setAttribute("datetime", line.at);
    for (const [cell, text] of Object.entries(historyFields(line, alias, words))) {
      setText(row.querySelector(`[data-cell="${cell}"]`), text);
    }
    if (!known) this.body.insertBefore(row, rows.find((each) => Number(each.dataset.line) < line.seq) ?? null);
  }

  blank() {
    const copy = /** @type {DocumentFragment} */ (this.template.content.cloneNode(true));
    const row = /** @type {HTMLElement} */ (copy.querySelector("tr"));
    row.classList.add("is-new");
    return row;
  }
}
