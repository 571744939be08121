// Whole fen to what people read and type, and back; null for what is no amount.
export const toYuan = (fen) => `${Math.floor(fen / 100)}.${String(fen % 100).padStart(2, "0")}`;
export const money = (fen) => {
  const [whole, rest] = toYuan(fen).split(".");
  return `¥${whole.replace(/\B(?=(\d{3})+$)/g, ",")}.${rest}`;
};
export const toFen = (text) => {
  const found = /^¥?\s*(\d{1,3}(?:,\d{3})+|\d{1,12})(?:\.(\d{1,2}))?$/.exec(text.trim());
  return found ? Number(found[1].replaceAll(",", "")) * 100 + Number((found[2] ?? "").padEnd(2, "0")) : null;
};
