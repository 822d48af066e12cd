/* global document, fetch */
// The address of the API is known only at deployment, so the stack publishes it beside the pages.
const { apiUrl } = await (await fetch('/config.json')).json();
const products = document.getElementById('products');
products.href = `${apiUrl}/products`;
products.hidden = false;
