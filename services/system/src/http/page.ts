/** The page at `/`: where to look. */
export const page = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Souk</title>
<style>
  body { font: 1rem/1.5 system-ui, sans-serif; max-width: 42rem; margin: 3rem auto; padding: 0 1rem; color: #222; }
  dt { margin-top: 1rem; font-weight: 600; }
  dd { margin: 0; color: #555; }
</style>
<h1>Souk</h1>
<p>A shop of small services that talk over REST, gRPC and events. This is its gateway.</p>
<dl>
  <dt><a href="/docs">/docs</a></dt><dd>Every route, to read and to try.</dd>
  <dt><a href="/openapi.json">/openapi.json</a></dt><dd>The same as an OpenAPI document.</dd>
  <dt><a href="/asyncapi.json">/asyncapi.json</a></dt><dd>Every topic and its events, as an AsyncAPI document.</dd>
  <dt><a href="/healthz">/healthz</a></dt><dd>Each service and its instances, as the registry sees them.</dd>
  <dt><a href="/api/products">/api/products</a></dt><dd>The catalogue.</dd>
  <dt>/api/system/communications</dt><dd>Live figures of the three ways to talk; for administrators.</dd>
</dl>
</html>
`;
