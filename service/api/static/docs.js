// Lists the routes of /openapi.json with their fields. Everything is set as text, never as HTML.

const METHODS = ["get", "post", "put", "patch", "delete"];

/** An element with attributes and children; strings become text. */
function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

/** The schema that a reference points to, or the schema itself. */
function resolved(schema, description) {
  if (!schema?.$ref) return schema ?? {};
  const path = schema.$ref.slice(2).split("/");
  return path.reduce((part, key) => part?.[key], description) ?? {};
}

/** A schema in a few words, such as `string or null`. */
function typeOf(schema, description) {
  if (schema.$ref) return schema.$ref.split("/").pop();
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices) return choices.map((choice) => typeOf(choice, description)).join(" or ");
  if ("const" in schema) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  if (schema.type === "array") return `list of ${typeOf(schema.items ?? {}, description)}`;
  if (schema.type === "object" && schema.additionalProperties) return "object";
  return schema.format ? `${schema.type} (${schema.format})` : (schema.type ?? "any");
}

/** A table of rows: name, type, meaning. */
function table(rows) {
  const head = element("tr", {}, ...["Name", "Type", "Meaning"].map((text) => element("th", { scope: "col" }, text)));
  const body = rows.map(([name, type, meaning]) =>
    element("tr", {}, element("td", {}, element("code", {}, name)), element("td", {}, type), element("td", {}, meaning)),
  );
  return element("table", {}, element("thead", {}, head), element("tbody", {}, ...body));
}

/** The fields of an object schema, and of those it refers to, folded away. */
function fields(schema, description, seen = new Set()) {
  const parts = [];
  for (const choice of schema.anyOf ?? schema.oneOf ?? [schema]) {
    const name = choice.$ref?.split("/").pop();
    const whole = resolved(choice, description);
    if (choice.type === "array" || whole.type === "array") {
      parts.push(...fields(whole.items ?? {}, description, seen));
      continue;
    }
    if (!whole.properties || seen.has(name)) continue;
    if (name) seen.add(name);
    const required = new Set(whole.required ?? []);
    const rows = Object.entries(whole.properties).map(([key, value]) => {
      const notes = [value.description ?? "", required.has(key) ? "required" : "", "default" in value ? `default ${JSON.stringify(value.default)}` : ""];
      return [key, typeOf(value, description), notes.filter(Boolean).join("; ")];
    });
    const inner = Object.values(whole.properties).flatMap((value) => fields(value, description, seen));
    parts.push(element("details", {}, element("summary", {}, name ?? "Fields"), element("p", {}, whole.description ?? ""), table(rows)), ...inner);
  }
  return parts;
}

/** The section on one route. */
function route(path, method, operation, description) {
  const id = `${method}-${path}`;
  const section = element("section", { id });
  section.append(element("h2", {}, element("span", { class: "method" }, method.toUpperCase()), element("code", {}, path)));
  for (const text of (operation.description ?? operation.summary ?? "").split("\n\n")) section.append(element("p", {}, text));
  if (operation.parameters?.length) {
    section.append(element("h3", {}, "Parameters"));
    section.append(table(operation.parameters.map((one) => [one.name, typeOf(one.schema ?? {}, description), one.description ?? (one.in === "path" ? "in the path" : "")])));
  }
  for (const [kind, media] of Object.entries(operation.requestBody?.content ?? {})) {
    section.append(element("h3", {}, `Send as ${kind}`), ...fields(media.schema ?? {}, description));
  }
  for (const [status, response] of Object.entries(operation.responses ?? {})) {
    section.append(element("h3", {}, `Answer ${status}`), element("p", {}, response.description ?? ""));
    for (const media of Object.values(response.content ?? {})) section.append(...fields(media.schema ?? {}, description));
  }
  return section;
}

/** Fills the page. */
async function show() {
  const state = document.getElementById("state");
  try {
    const response = await fetch("/openapi.json");
    if (!response.ok) throw new Error(`status ${response.status}`);
    const description = await response.json();
    document.getElementById("summary").textContent = `${description.info.summary} Version ${description.info.version}.`;
    const list = element("ul");
    for (const [path, methods] of Object.entries(description.paths)) {
      for (const method of METHODS.filter((name) => name in methods)) {
        const link = element("a", { href: `#${encodeURIComponent(`${method}-${path}`)}` }, path);
        list.append(element("li", {}, element("span", { class: "method" }, method.toUpperCase()), link));
        document.getElementById("routes").append(route(path, method, methods[method], description));
      }
    }
    document.getElementById("contents").append(list);
    state.remove();
  } catch (error) {
    state.textContent = `The description could not be read: ${error.message}. Is the server still running?`;
  }
}

show();
