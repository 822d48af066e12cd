// Generated from apps/shop-api/openapi.yaml by `npm run generate -w @nines/k6`. Do not edit: edit the contract.
import type { ExpectedAnswer } from '../k6/contract.ts';

const PATTERN_1 = new RegExp("^[a-z0-9-]+$");
const PATTERN_2 = new RegExp("^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$");
const PATTERN_3 = new RegExp("^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}(\\.\\d+)?(Z|[+-]\\d{2}:\\d{2})$");

export const listProducts: ExpectedAnswer = {
  method: "GET",
  path: "/products",
  status: 200,
  findBreach(headers, body) {
    if (headers["X-Data-Freshness"] !== "live" && headers["X-Data-Freshness"] !== "stale") return `X-Data-Freshness`;
    if (typeof body !== 'object' || body === null || Array.isArray(body)) return `/`;
    const v1 = body["items"];
    if (!Array.isArray(v1) || v1.length > 100) return `/items`;
    for (let v2 = 0; v2 < v1.length; v2 += 1) {
      const v3 = v1[v2];
      if (typeof v3 !== 'object' || v3 === null || Array.isArray(v3)) return `/items/${String(v2)}`;
      const v4 = v3["id"];
      if (typeof v4 !== 'string' || v4.length < 1 || (v4.length > 64 && Array.from(v4).length > 64) || !PATTERN_1.test(v4)) return `/items/${String(v2)}/id`;
      const v5 = v3["name"];
      if (typeof v5 !== 'string' || v5.length < 1 || (v5.length > 200 && Array.from(v5).length > 200)) return `/items/${String(v2)}/name`;
      const v6 = v3["priceCents"];
      if (!Number.isInteger(v6) || v6 < 0 || v6 > 9007199254740991) return `/items/${String(v2)}/priceCents`;
      const v7 = v3["currency"];
      if (v7 !== "EUR") return `/items/${String(v2)}/currency`;
      const v8 = v3["stock"];
      if (!Number.isInteger(v8) || v8 < 0) return `/items/${String(v2)}/stock`;
      if (Object.keys(v3).length !== 5) return `/items/${String(v2)}/*`;
    }
    const v9 = body["nextCursor"];
    if (v9 !== undefined) {
      if (typeof v9 !== 'string') return `/nextCursor`;
    }
    if (Object.keys(body).length !== 1 + (v9 === undefined ? 0 : 1)) return `/*`;
    return undefined;
  },
};

export const getProduct: ExpectedAnswer = {
  method: "GET",
  path: "/products/{id}",
  status: 200,
  findBreach(headers, body) {
    if (headers["X-Data-Freshness"] !== "live" && headers["X-Data-Freshness"] !== "stale") return `X-Data-Freshness`;
    if (typeof body !== 'object' || body === null || Array.isArray(body)) return `/`;
    const v10 = body["id"];
    if (typeof v10 !== 'string' || v10.length < 1 || (v10.length > 64 && Array.from(v10).length > 64) || !PATTERN_1.test(v10)) return `/id`;
    const v11 = body["name"];
    if (typeof v11 !== 'string' || v11.length < 1 || (v11.length > 200 && Array.from(v11).length > 200)) return `/name`;
    const v12 = body["priceCents"];
    if (!Number.isInteger(v12) || v12 < 0 || v12 > 9007199254740991) return `/priceCents`;
    const v13 = body["currency"];
    if (v13 !== "EUR") return `/currency`;
    const v14 = body["stock"];
    if (!Number.isInteger(v14) || v14 < 0) return `/stock`;
    const v15 = body["reviews"];
    if (v15 !== null) {
      if (typeof v15 !== 'object' || v15 === null || Array.isArray(v15)) return `/reviews`;
      const v16 = v15["average"];
      if (typeof v16 !== 'number' || v16 < 1 || v16 > 5) return `/reviews/average`;
      const v17 = v15["count"];
      if (!Number.isInteger(v17) || v17 < 0) return `/reviews/count`;
      const v18 = v15["latest"];
      if (!Array.isArray(v18) || v18.length > 3) return `/reviews/latest`;
      for (let v19 = 0; v19 < v18.length; v19 += 1) {
        const v20 = v18[v19];
        if (typeof v20 !== 'object' || v20 === null || Array.isArray(v20)) return `/reviews/latest/${String(v19)}`;
        const v21 = v20["author"];
        if (typeof v21 !== 'string' || (v21.length > 100 && Array.from(v21).length > 100)) return `/reviews/latest/${String(v19)}/author`;
        const v22 = v20["rating"];
        if (!Number.isInteger(v22) || v22 < 1 || v22 > 5) return `/reviews/latest/${String(v19)}/rating`;
        const v23 = v20["text"];
        if (typeof v23 !== 'string' || (v23.length > 1000 && Array.from(v23).length > 1000)) return `/reviews/latest/${String(v19)}/text`;
        if (Object.keys(v20).length !== 3) return `/reviews/latest/${String(v19)}/*`;
      }
      if (Object.keys(v15).length !== 3) return `/reviews/*`;
    }
    const v24 = body["recommendations"];
    if (v24 !== null) {
      if (!Array.isArray(v24) || v24.length > 10) return `/recommendations`;
      for (let v25 = 0; v25 < v24.length; v25 += 1) {
        const v26 = v24[v25];
        if (typeof v26 !== 'object' || v26 === null || Array.isArray(v26)) return `/recommendations/${String(v25)}`;
        const v27 = v26["productId"];
        if (typeof v27 !== 'string' || v27.length < 1 || (v27.length > 64 && Array.from(v27).length > 64) || !PATTERN_1.test(v27)) return `/recommendations/${String(v25)}/productId`;
        if (Object.keys(v26).length !== 1) return `/recommendations/${String(v25)}/*`;
      }
    }
    if (Object.keys(body).length !== 7) return `/*`;
    return undefined;
  },
};

export const placeOrder: ExpectedAnswer = {
  method: "POST",
  path: "/orders",
  status: 201,
  findBreach(_headers, body) {
    if (typeof body !== 'object' || body === null || Array.isArray(body)) return `/`;
    const v28 = body["id"];
    if (typeof v28 !== 'string' || !PATTERN_2.test(v28)) return `/id`;
    const v29 = body["reference"];
    if (typeof v29 !== 'string') return `/reference`;
    const v30 = body["status"];
    if (v30 !== "accepted" && v30 !== "paid" && v30 !== "payment-failed") return `/status`;
    const v31 = body["totalCents"];
    if (!Number.isInteger(v31) || v31 < 0 || v31 > 9007199254740991) return `/totalCents`;
    const v32 = body["currency"];
    if (v32 !== "EUR") return `/currency`;
    const v33 = body["items"];
    if (!Array.isArray(v33)) return `/items`;
    for (let v34 = 0; v34 < v33.length; v34 += 1) {
      const v35 = v33[v34];
      if (typeof v35 !== 'object' || v35 === null || Array.isArray(v35)) return `/items/${String(v34)}`;
      const v36 = v35["productId"];
      if (typeof v36 !== 'string' || v36.length < 1 || (v36.length > 64 && Array.from(v36).length > 64) || !PATTERN_1.test(v36)) return `/items/${String(v34)}/productId`;
      const v37 = v35["quantity"];
      if (!Number.isInteger(v37) || v37 < 1 || v37 > 10) return `/items/${String(v34)}/quantity`;
      const v38 = v35["priceCents"];
      if (!Number.isInteger(v38) || v38 < 0 || v38 > 9007199254740991) return `/items/${String(v34)}/priceCents`;
      if (Object.keys(v35).length !== 3) return `/items/${String(v34)}/*`;
    }
    const v39 = body["createdAt"];
    if (typeof v39 !== 'string' || !PATTERN_3.test(v39)) return `/createdAt`;
    if (Object.keys(body).length !== 7) return `/*`;
    return undefined;
  },
};

export const placeOrder202: ExpectedAnswer = {
  method: "POST",
  path: "/orders",
  status: 202,
  findBreach(headers, body) {
    if (typeof headers["Location"] !== 'string') return `Location`;
    if (typeof body !== 'object' || body === null || Array.isArray(body)) return `/`;
    const v40 = body["id"];
    if (typeof v40 !== 'string' || !PATTERN_2.test(v40)) return `/id`;
    const v41 = body["reference"];
    if (typeof v41 !== 'string') return `/reference`;
    const v42 = body["status"];
    if (v42 !== "queued") return `/status`;
    if (Object.keys(body).length !== 3) return `/*`;
    return undefined;
  },
};

export const getOrder: ExpectedAnswer = {
  method: "GET",
  path: "/orders/{id}",
  status: 200,
  findBreach(headers, body) {
    if (headers["X-Data-Freshness"] !== "live" && headers["X-Data-Freshness"] !== "stale") return `X-Data-Freshness`;
    if (typeof body !== 'object' || body === null || Array.isArray(body)) return `/`;
    const v43 = body["id"];
    if (typeof v43 !== 'string' || !PATTERN_2.test(v43)) return `/id`;
    const v44 = body["reference"];
    if (typeof v44 !== 'string') return `/reference`;
    const v45 = body["status"];
    if (v45 !== "accepted" && v45 !== "paid" && v45 !== "payment-failed") return `/status`;
    const v46 = body["totalCents"];
    if (!Number.isInteger(v46) || v46 < 0 || v46 > 9007199254740991) return `/totalCents`;
    const v47 = body["currency"];
    if (v47 !== "EUR") return `/currency`;
    const v48 = body["items"];
    if (!Array.isArray(v48)) return `/items`;
    for (let v49 = 0; v49 < v48.length; v49 += 1) {
      const v50 = v48[v49];
      if (typeof v50 !== 'object' || v50 === null || Array.isArray(v50)) return `/items/${String(v49)}`;
      const v51 = v50["productId"];
      if (typeof v51 !== 'string' || v51.length < 1 || (v51.length > 64 && Array.from(v51).length > 64) || !PATTERN_1.test(v51)) return `/items/${String(v49)}/productId`;
      const v52 = v50["quantity"];
      if (!Number.isInteger(v52) || v52 < 1 || v52 > 10) return `/items/${String(v49)}/quantity`;
      const v53 = v50["priceCents"];
      if (!Number.isInteger(v53) || v53 < 0 || v53 > 9007199254740991) return `/items/${String(v49)}/priceCents`;
      if (Object.keys(v50).length !== 3) return `/items/${String(v49)}/*`;
    }
    const v54 = body["createdAt"];
    if (typeof v54 !== 'string' || !PATTERN_3.test(v54)) return `/createdAt`;
    if (Object.keys(body).length !== 7) return `/*`;
    return undefined;
  },
};
