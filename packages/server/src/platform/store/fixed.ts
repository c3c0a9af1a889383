/** Statements that are asked again and again. */
import type { CompiledQuery, RawBuilder } from "kysely";
import type { Statement } from "./engine.ts";

/**
 * A statement whose text is the same whatever its values: Kysely takes it apart and writes it once (0.1 ms, as much as
 * SQLite needs to carry it out), afterwards only the values are exchanged. `build` binds each value, once, in their order.
 * Make one for each store: the text is that of its engine.
 */
export function fixed<Values extends readonly unknown[], Row = unknown>(
  build: (...values: Values) => RawBuilder<Row>,
): (...values: Values) => Statement<Row> {
  let first: CompiledQuery<Row> | undefined;
  return (...values) => ({
    compile(provider) {
      if (first !== undefined) return { ...first, parameters: values };
      const { parameters, ...compiled } = build(...values).compile(provider);
      if (parameters.length !== values.length || parameters.some((bound, at) => bound !== values[at]))
        throw new TypeError("A fixed statement binds each of its values, once and in their order");
      first = { ...compiled, parameters };
      return first;
    },
  });
}
