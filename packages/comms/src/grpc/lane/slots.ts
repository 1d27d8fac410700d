/** A number is a place (its low half) and how often that place was used (its high half). */
const placeBits = 0xffff;
const step = 0x1_0000;
const mostNumbers = 0x1_0000_0000;

export interface Slots<T> {
  /** @returns the number that the item goes by, undefined when every place is taken */
  add(make: (number: number) => T): T | undefined;
  get(number: number): T | undefined;
  /** Takes an item in under a number that the other side chose. False when its place is taken. */
  put(number: number, item: T): boolean;
  remove(number: number): T | undefined;
  /** Empties it. */
  removeAll(): T[];
  readonly size: number;
}

interface Slot<T> {
  number: number;
  item: T | undefined;
}

/**
 * Items by number. A Map would do, but each time it grows it leaves its old table behind, which holds what was in it
 * until the next full collection: under load every call then outlived its end, and collecting took a fifth of the time.
 * @param chooses whether this side chooses the numbers (`add`) or is told them (`put`)
 */
export function createSlots<T>(chooses: boolean): Slots<T> {
  const slots: Slot<T>[] = [];
  const free: number[] = [];
  let size = 0;

  const slotAt = (number: number): Slot<T> | undefined => {
    const slot = slots[number & placeBits];
    return slot?.number === number ? slot : undefined;
  };
  const nextFree = (): Slot<T> | undefined => {
    const place = free.pop();
    if (place !== undefined) return slots[place];
    if (slots.length > placeBits) return undefined;
    const slot: Slot<T> = { number: slots.length, item: undefined };
    slots.push(slot);
    return slot;
  };
  const empty = (slot: Slot<T>): T | undefined => {
    const { item } = slot;
    slot.item = undefined;
    if (item !== undefined) size -= 1;
    return item;
  };
  return {
    get size() {
      return size;
    },
    add: (make) => {
      const slot = nextFree();
      if (!slot) return undefined;
      slot.number = (slot.number + step) % mostNumbers;
      slot.item = make(slot.number);
      size += 1;
      return slot.item;
    },
    get: (number) => slotAt(number)?.item,
    put: (number, item) => {
      const place = number & placeBits;
      while (slots.length <= place) slots.push({ number: slots.length, item: undefined });
      const slot = slots[place];
      if (!slot || slot.item !== undefined) return false;
      slot.number = number;
      slot.item = item;
      size += 1;
      return true;
    },
    remove: (number) => {
      const slot = slotAt(number);
      if (slot?.item === undefined) return undefined;
      if (chooses) free.push(number & placeBits);
      return empty(slot);
    },
    removeAll: () => {
      const items: T[] = [];
      for (const [place, slot] of slots.entries()) {
        const item = empty(slot);
        if (item === undefined) continue;
        items.push(item);
        if (chooses) free.push(place);
      }
      return items;
    },
  };
}
