// A bid or auto-bid form that answers in place. Nothing here changes an amount that a person has in front of them.
import { isDecided, send } from "./bid_sender.js";
import { buyerFee, centsOf, filled, increment, money, plainDollars } from "./format.js";
import { minimumOf, refusalText } from "./lot.js";
import { all, isConnected, setText, words } from "./view.js";

/** @typedef {import("./board.js").LotView} LotView */

const newKey = () =>
  crypto.randomUUID?.() ?? [...crypto.getRandomValues(new Uint8Array(16))].map((n) => n.toString(16).padStart(2, "0")).join("");

export class BidForm {
  /** @param {HTMLFormElement} form @param {LotView} view @param {HTMLDialogElement | null} dialog */
  constructor(form, view, dialog) {
    this.form = form;
    this.view = view;
    this.dialog = dialog;
    this.kind = form.dataset.bidForm === "bid" ? "bid" : "auto_bid";
    this.input = /** @type {HTMLInputElement} */ (form.querySelector("input.form-control"));
    this.button = /** @type {HTMLButtonElement} */ (form.querySelector("button[type=submit]"));
    this.answer = /** @type {HTMLElement} */ (form.querySelector("[data-answer]"));
    this.steps = JSON.parse(view.root.dataset.steps ?? "[]");
    /** The bid on its way: its key belongs to its amount until the server has decided. @type {{cents: number, key: string} | null} */
    this.intended = null;
    this.busy = false;
    form.noValidate = true;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.submit();
    });
    this.input.addEventListener("input", () => {
      this.say("none", "");
      this.draw();
    });
    all(form, "[data-quick]").forEach((button, index) => this.prepareQuick(button, index));
    view.listeners.push(() => this.draw());
    this.draw();
  }

  /** @param {HTMLElement} button @param {number} index */
  prepareQuick(button, index) {
    button.hidden = false;
    button.addEventListener("click", () => {
      this.input.value = plainDollars(this.quick()[index]);
      this.say("none", "");
      this.draw();
      this.button.focus();
    });
  }

  quick() {
    const first = this.view.lot.minimum_next_cents;
    const second = first + increment(this.steps, first);
    return [first, second, second + increment(this.steps, second)];
  }

  draw() {
    const amounts = this.quick();
    const cents = centsOf(this.input.value);
    const minimum = minimumOf(this.view.lot);
    all(this.form, "[data-quick]").forEach((button, index) => {
      setText(button, money(amounts[index]));
      button.setAttribute("aria-pressed", String(cents === amounts[index]));
    });
    const offer = cents ?? minimum;
    const fee = buyerFee(offer, words.fee);
    const estimate = filled(words.form.estimate, { fee: money(fee), total: money(offer + fee) });
    setText(this.form.querySelector("[data-estimate]"), `${money(offer)} ${estimate}`);
    const label = cents === null ? words.form[`submit_blank_${this.kind}`]
      : filled(words.form[`submit_${this.kind}`], { amount: money(cents) });
    setText(this.button.querySelector("[data-submit]"), label);
    const answered = this.answer.dataset.answer ?? "none";
    if (["leading", "outbid"].includes(answered) && answered !== this.view.lot.position) this.say("none", "");
    const low = cents !== null && cents < minimum && this.view.lot.position !== "leading";
    if (low && this.answer.dataset.answer === "none") this.say("raised", filled(words.form.raised, { minimum: money(minimum) }));
    else if (!low && this.answer.dataset.answer === "raised") this.say("none", "");
  }

  /** @param {string} kind @param {string | null} text */
  say(kind, text) {
    this.answer.dataset.answer = kind;
    setText(this.answer, text ?? "");
    this.input.toggleAttribute("aria-invalid", kind === "refused");
    this.input.classList.toggle("is-invalid", kind === "refused");
  }

  /** Says why not, and puts the reader where it can be put right. @param {string} code @param {Record<string, any>} [facts] */
  refuse(code, facts = {}) {
    this.say("refused", refusalText(code, facts, words));
    this.input.focus();
  }

  async submit() {
    if (this.busy) return;
    const cents = centsOf(this.input.value);
    const minimum = minimumOf(this.view.lot);
    if (cents === null || cents <= 0 || cents % 100) return this.refuse("NOT_WHOLE_DOLLARS");
    if (cents < minimum) {
      const own = this.view.lot.position === "leading";
      return this.refuse(own ? "BELOW_OWN_MAXIMUM" : "BELOW_MINIMUM", { minimum_cents: minimum });
    }
    if (cents >= 2 * minimum && !(await this.confirm(cents, minimum))) return this.input.focus();
    if (this.intended?.cents !== cents) this.intended = { cents, key: newKey() };
    await this.deliver(this.intended);
  }

  /** @param {number} cents @param {number} minimum @returns {Promise<boolean>} */
  confirm(cents, minimum) {
    const { dialog } = this;
    if (!dialog) return Promise.resolve(true);
    all(dialog, "[data-confirm-amount]").forEach((element) => setText(element, money(cents)));
    const text = filled(words.form[`confirm_${this.kind}`], { amount: money(cents), minimum: money(minimum) });
    setText(dialog.querySelector("[data-confirm-text]"), text ?? "");
    dialog.returnValue = "no";
    dialog.showModal();
    return new Promise((resolve) => {
      dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
    });
  }

  /** @param {{cents: number, key: string}} bid */
  async deliver(bid) {
    const [path, field] = this.kind === "bid" ? ["bid", "amount_cents"] : ["auto-bid", "max_cents"];
    this.setBusy(true);
    this.say("sending", words.form.sending);
    const answer = await send(`/api/auctions/${this.view.lot.id}/${path}`, { [field]: bid.cents }, bid.key, this.view.clock,
      (attempt) => this.say("sending", filled(words.form.retrying, { attempt: String(attempt) })));
    this.setBusy(false);
    if (isDecided(answer)) this.intended = null;
    this.show(answer, bid.cents);
  }

  /** @param {boolean} busy */
  setBusy(busy) {
    this.busy = busy;
    this.form.setAttribute("aria-busy", String(busy));
    this.button.setAttribute("aria-disabled", String(busy));
    this.input.readOnly = busy;
  }

  /** @param {import("./bid_sender.js").Answer} answer @param {number} cents */
  show(answer, cents) {
    const { status, body } = answer;
    if (status === 200 || status === 201) return this.accept(body, cents);
    if (status === 401) return this.say("refused", words.form.signed_out);
    this.refuse(status === 0 ? "NETWORK" : (body.code ?? (status === 429 ? "RATE_LIMITED" : "UNAVAILABLE")), body);
  }

  /** @param {Record<string, any>} body @param {number} cents */
  accept(body, cents) {
    const leads = body.outcome === "leading";
    if ((body.decided_at ?? body.server_now) >= this.view.mineAt) {
      const mine = { position: body.outcome, my_max_cents: leads ? cents : null,
        answered_seq: body.seq ?? 0, answered_cents: body.price_cents,
        my_minimum_cents: leads ? cents + 100 : body.minimum_next_cents };
      this.view.change({ ...this.view.lot, ...this.publicPart(body), ...mine }, "answer");
    }
    if (this.kind === "auto_bid") this.input.value = "";
    this.draw();
    this.say(body.outcome, filled(words.answer[body.outcome], { price: money(body.price_cents) }));
    if (!leads) this.input.focus();
  }

  /** The answer's price, for a page whose stream is away; otherwise the stream's versions decide what is newest.
   *  @param {Record<string, any>} body */
  publicPart(body) {
    if (isConnected()) return {};
    const { price_cents, minimum_next_cents, reserve, ends_at } = body;
    return { price_cents, minimum_next_cents, reserve, ends_at };
  }
}
