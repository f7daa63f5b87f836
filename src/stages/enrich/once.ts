type Work<Result> = () => Promise<Result>;

/**
 * Does a piece of work once for each store and key in this process, however many ask for it, at once or later. A
 * failure is the failure of all who wait for it, and is forgotten.
 */
export function once<Result>(): (store: object, key: string, work: Work<Result>) => Promise<Result> {
  const stores = new WeakMap<object, Map<string, Promise<Result>>>();
  return async (store, key, work) => {
    const done = stores.get(store) ?? new Map<string, Promise<Result>>();
    stores.set(store, done);
    const result = done.get(key) ?? work();
    done.set(key, result);
    try {
      return await result;
    } catch (error) {
      done.delete(key);
      throw error;
    }
  };
}

/**
 * The same for those who overlap in time only: the work is forgotten when nobody is inside any more.
 * @returns a function that lets one in, and hands it what does the shared work
 */
export function onceTogether<Result>() {
  type Group = { inside: number; shared: ReturnType<typeof once<Result>> };
  const stores = new WeakMap<object, Map<string, Group>>();
  return async <Outcome>(
    store: object,
    key: string,
    visit: (share: (work: Work<Result>) => Promise<Result>) => Promise<Outcome>,
  ): Promise<Outcome> => {
    const groups = stores.get(store) ?? new Map<string, Group>();
    stores.set(store, groups);
    const group = groups.get(key) ?? { inside: 0, shared: once<Result>() };
    groups.set(key, group);
    group.inside++;
    try {
      return await visit((work) => group.shared(store, key, work));
    } finally {
      if (--group.inside === 0) groups.delete(key);
    }
  };
}
