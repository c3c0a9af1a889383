// dependency-cruiser walks the tree of swc with swc's own visitor, which has not learned `using` and throws. Names
// declared there can hide no import but a dynamic one in the initialiser, so that is what gets visited.
// @ts-check
import { createRequire } from "node:module";

/** @typedef {{ type: string, decls: { init?: object }[] }} Statement */
/** @typedef {{ visitStatement(s: Statement): unknown, visitExpression(e: object): unknown, visitPattern(p: object): unknown }} Visitor */

const loaded = createRequire(import.meta.url)("@swc/core/Visitor.js");
/** @type {Visitor} */
const visitor = (loaded.Visitor ?? loaded.default ?? loaded).prototype;
const { visitStatement, visitPattern } = visitor;

/** @param {Statement} using @param {Visitor} self */
function visitUsing(using, self) {
  for (const { init } of using.decls) if (init) self.visitExpression(init);
  return using;
}

visitor.visitStatement = function (statement) {
  return statement.type === "UsingDeclaration" ? visitUsing(statement, this) : visitStatement.call(this, statement);
};
// `for (using x of …)` arrives as a pattern.
visitor.visitPattern = function (pattern) {
  const statement = /** @type {Statement} */ (pattern);
  return statement.type === "UsingDeclaration" ? visitUsing(statement, this) : visitPattern.call(this, pattern);
};
