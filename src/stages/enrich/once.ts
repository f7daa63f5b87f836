type Work<Result> = () => Promise<Result>;

/**
 * Does a piece of work once for each owner and key in this process, however many ask for it, at once or later. A
 * failure is the failure of all who wait for it, and is forgotten.
 */
export function once<Result>(): (owner: object, key: string, work: Work<Result>) => Promise<Result> {
  const owners = new WeakMap<object, Map<string, Promise<Result>>>();
  return async (owner, key, work) => {
    const done = owners.get(owner) ?? new Map<string, Promise<Result>>();
    owners.set(owner, done);
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
