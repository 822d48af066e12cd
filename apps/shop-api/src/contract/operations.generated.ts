// Generated from openapi.yaml by `npm run generate -w @nines/shop-api`. Do not edit: edit the contract.
// @ts-nocheck -- Ajv writes JavaScript; contract.ts gives it its types.
export const listProducts_query = parameters_validate20;
const parameters_schema31 = {"type":"object","properties":{"limit":{"type":"integer","minimum":1,"maximum":100,"default":20},"cursor":{"type":"string","minLength":1,"maxLength":100,"pattern":"^[A-Za-z0-9_-]+$"}},"required":[]};
const parameters_func1 = (text) => [...text].length;
const parameters_pattern4 = new RegExp("^[A-Za-z0-9_-]+$", "u");

function parameters_validate20(data, {instancePath="", parentData, parentDataProperty, rootData=data, dynamicAnchors={}}={}){
let vErrors = null;
let errors = 0;
const evaluated0 = parameters_validate20.evaluated;
if(evaluated0.dynamicProps){
evaluated0.props = undefined;
}
if(evaluated0.dynamicItems){
evaluated0.items = undefined;
}
if(errors === 0){
if(data && typeof data == "object" && !Array.isArray(data)){
if(data.limit === undefined){
data.limit = 20;
}
let data0 = data.limit;
const _errs1 = errors;
if(!((typeof data0 == "number") && (!(data0 % 1) && !isNaN(data0)))){
let dataType0 = typeof data0;
let coerced0 = undefined;
if(!(coerced0 !== undefined)){
if(dataType0 === "boolean" || data0 === null
              || (dataType0 === "string" && data0 && data0 == +data0 && !(data0 % 1))){
coerced0 = +data0;
}
else {
parameters_validate20.errors = [{instancePath:instancePath+"/limit",schemaPath:"#/properties/limit/type",keyword:"type",params:{type: "integer"},message:"must be integer"}];
return false;
}
}
if(coerced0 !== undefined){
data0 = coerced0;
if(data !== undefined){
data["limit"] = coerced0;
}
}
}
if(errors === _errs1){
if(typeof data0 == "number"){
if(data0 > 100 || isNaN(data0)){
parameters_validate20.errors = [{instancePath:instancePath+"/limit",schemaPath:"#/properties/limit/maximum",keyword:"maximum",params:{comparison: "<=", limit: 100},message:"must be <= 100"}];
return false;
}
else {
if(data0 < 1 || isNaN(data0)){
parameters_validate20.errors = [{instancePath:instancePath+"/limit",schemaPath:"#/properties/limit/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1},message:"must be >= 1"}];
return false;
}
}
}
}
var valid0 = _errs1 === errors;
if(valid0){
if(data.cursor !== undefined){
let data1 = data.cursor;
const _errs3 = errors;
if(typeof data1 !== "string"){
let dataType1 = typeof data1;
let coerced1 = undefined;
if(!(coerced1 !== undefined)){
if(dataType1 == "number" || dataType1 == "boolean"){
coerced1 = "" + data1;
}
else if(data1 === null){
coerced1 = "";
}
else {
parameters_validate20.errors = [{instancePath:instancePath+"/cursor",schemaPath:"#/properties/cursor/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
}
if(coerced1 !== undefined){
data1 = coerced1;
if(data !== undefined){
data["cursor"] = coerced1;
}
}
}
if(errors === _errs3){
if(typeof data1 === "string"){
if(parameters_func1(data1) > 100){
parameters_validate20.errors = [{instancePath:instancePath+"/cursor",schemaPath:"#/properties/cursor/maxLength",keyword:"maxLength",params:{limit: 100},message:"must NOT have more than 100 characters"}];
return false;
}
else {
if(parameters_func1(data1) < 1){
parameters_validate20.errors = [{instancePath:instancePath+"/cursor",schemaPath:"#/properties/cursor/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters"}];
return false;
}
else {
if(!parameters_pattern4.test(data1)){
parameters_validate20.errors = [{instancePath:instancePath+"/cursor",schemaPath:"#/properties/cursor/pattern",keyword:"pattern",params:{pattern: "^[A-Za-z0-9_-]+$"},message:"must match pattern \""+"^[A-Za-z0-9_-]+$"+"\""}];
return false;
}
}
}
}
}
var valid0 = _errs3 === errors;
}
else {
var valid0 = true;
}
}
}
else {
parameters_validate20.errors = [{instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"},message:"must be object"}];
return false;
}
}
parameters_validate20.errors = vErrors;
return errors === 0;
}
parameters_validate20.evaluated = {"props":{"limit":true,"cursor":true},"dynamicProps":false,"dynamicItems":false};

export const listProducts_header = parameters_validate21;
const parameters_schema32 = {"type":"object","properties":{"x-request-id":{"type":"string","minLength":1,"maxLength":128,"pattern":"^[A-Za-z0-9._:/+=@-]+$"},"x-request-timeout-ms":{"type":"integer","minimum":1,"maximum":600000}},"required":[]};
const parameters_pattern5 = new RegExp("^[A-Za-z0-9._:/+=@-]+$", "u");

function parameters_validate21(data, {instancePath="", parentData, parentDataProperty, rootData=data, dynamicAnchors={}}={}){
let vErrors = null;
let errors = 0;
const evaluated0 = parameters_validate21.evaluated;
if(evaluated0.dynamicProps){
evaluated0.props = undefined;
}
if(evaluated0.dynamicItems){
evaluated0.items = undefined;
}
if(errors === 0){
if(data && typeof data == "object" && !Array.isArray(data)){
if(data["x-request-id"] !== undefined){
let data0 = data["x-request-id"];
const _errs1 = errors;
if(typeof data0 !== "string"){
let dataType0 = typeof data0;
let coerced0 = undefined;
if(!(coerced0 !== undefined)){
if(dataType0 == "number" || dataType0 == "boolean"){
coerced0 = "" + data0;
}
else if(data0 === null){
coerced0 = "";
}
else {
parameters_validate21.errors = [{instancePath:instancePath+"/x-request-id",schemaPath:"#/properties/x-request-id/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
}
if(coerced0 !== undefined){
data0 = coerced0;
if(data !== undefined){
data["x-request-id"] = coerced0;
}
}
}
if(errors === _errs1){
if(typeof data0 === "string"){
if(parameters_func1(data0) > 128){
parameters_validate21.errors = [{instancePath:instancePath+"/x-request-id",schemaPath:"#/properties/x-request-id/maxLength",keyword:"maxLength",params:{limit: 128},message:"must NOT have more than 128 characters"}];
return false;
}
else {
if(parameters_func1(data0) < 1){
parameters_validate21.errors = [{instancePath:instancePath+"/x-request-id",schemaPath:"#/properties/x-request-id/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters"}];
return false;
}
else {
if(!parameters_pattern5.test(data0)){
parameters_validate21.errors = [{instancePath:instancePath+"/x-request-id",schemaPath:"#/properties/x-request-id/pattern",keyword:"pattern",params:{pattern: "^[A-Za-z0-9._:/+=@-]+$"},message:"must match pattern \""+"^[A-Za-z0-9._:/+=@-]+$"+"\""}];
return false;
}
}
}
}
}
var valid0 = _errs1 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data["x-request-timeout-ms"] !== undefined){
let data1 = data["x-request-timeout-ms"];
const _errs3 = errors;
if(!((typeof data1 == "number") && (!(data1 % 1) && !isNaN(data1)))){
let dataType1 = typeof data1;
let coerced1 = undefined;
if(!(coerced1 !== undefined)){
if(dataType1 === "boolean" || data1 === null
              || (dataType1 === "string" && data1 && data1 == +data1 && !(data1 % 1))){
coerced1 = +data1;
}
else {
parameters_validate21.errors = [{instancePath:instancePath+"/x-request-timeout-ms",schemaPath:"#/properties/x-request-timeout-ms/type",keyword:"type",params:{type: "integer"},message:"must be integer"}];
return false;
}
}
if(coerced1 !== undefined){
data1 = coerced1;
if(data !== undefined){
data["x-request-timeout-ms"] = coerced1;
}
}
}
if(errors === _errs3){
if(typeof data1 == "number"){
if(data1 > 600000 || isNaN(data1)){
parameters_validate21.errors = [{instancePath:instancePath+"/x-request-timeout-ms",schemaPath:"#/properties/x-request-timeout-ms/maximum",keyword:"maximum",params:{comparison: "<=", limit: 600000},message:"must be <= 600000"}];
return false;
}
else {
if(data1 < 1 || isNaN(data1)){
parameters_validate21.errors = [{instancePath:instancePath+"/x-request-timeout-ms",schemaPath:"#/properties/x-request-timeout-ms/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1},message:"must be >= 1"}];
return false;
}
}
}
}
var valid0 = _errs3 === errors;
}
else {
var valid0 = true;
}
}
}
else {
parameters_validate21.errors = [{instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"},message:"must be object"}];
return false;
}
}
parameters_validate21.errors = vErrors;
return errors === 0;
}
parameters_validate21.evaluated = {"props":{"x-request-id":true,"x-request-timeout-ms":true},"dynamicProps":false,"dynamicItems":false};

export const getProduct_path = parameters_validate22;
const parameters_schema33 = {"type":"object","properties":{"id":{"$ref":"contract#/components/schemas/ProductId"}},"required":["id"]};
const parameters_schema35 = {"type":"string","minLength":1,"maxLength":64,"pattern":"^[a-z0-9-]+$"};
const parameters_pattern6 = new RegExp("^[a-z0-9-]+$", "u");

function parameters_validate22(data, {instancePath="", parentData, parentDataProperty, rootData=data, dynamicAnchors={}}={}){
let vErrors = null;
let errors = 0;
const evaluated0 = parameters_validate22.evaluated;
if(evaluated0.dynamicProps){
evaluated0.props = undefined;
}
if(evaluated0.dynamicItems){
evaluated0.items = undefined;
}
if(errors === 0){
if(data && typeof data == "object" && !Array.isArray(data)){
let missing0;
if((data.id === undefined) && (missing0 = "id")){
parameters_validate22.errors = [{instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: missing0},message:"must have required property '"+missing0+"'"}];
return false;
}
else {
if(data.id !== undefined){
let data0 = data.id;
const _errs2 = errors;
if(typeof data0 !== "string"){
let dataType0 = typeof data0;
let coerced0 = undefined;
if(!(coerced0 !== undefined)){
if(dataType0 == "number" || dataType0 == "boolean"){
coerced0 = "" + data0;
}
else if(data0 === null){
coerced0 = "";
}
else {
parameters_validate22.errors = [{instancePath:instancePath+"/id",schemaPath:"contract#/components/schemas/ProductId/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
}
if(coerced0 !== undefined){
data0 = coerced0;
if(data !== undefined){
data["id"] = coerced0;
}
}
}
if(errors === _errs2){
if(typeof data0 === "string"){
if(parameters_func1(data0) > 64){
parameters_validate22.errors = [{instancePath:instancePath+"/id",schemaPath:"contract#/components/schemas/ProductId/maxLength",keyword:"maxLength",params:{limit: 64},message:"must NOT have more than 64 characters"}];
return false;
}
else {
if(parameters_func1(data0) < 1){
parameters_validate22.errors = [{instancePath:instancePath+"/id",schemaPath:"contract#/components/schemas/ProductId/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters"}];
return false;
}
else {
if(!parameters_pattern6.test(data0)){
parameters_validate22.errors = [{instancePath:instancePath+"/id",schemaPath:"contract#/components/schemas/ProductId/pattern",keyword:"pattern",params:{pattern: "^[a-z0-9-]+$"},message:"must match pattern \""+"^[a-z0-9-]+$"+"\""}];
return false;
}
}
}
}
}
}
}
}
else {
parameters_validate22.errors = [{instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"},message:"must be object"}];
return false;
}
}
parameters_validate22.errors = vErrors;
return errors === 0;
}
parameters_validate22.evaluated = {"props":{"id":true},"dynamicProps":false,"dynamicItems":false};

export const placeOrder_header = parameters_validate24;
const parameters_schema36 = {"type":"object","properties":{"Idempotency-Key":{"type":"string","minLength":1,"maxLength":255,"pattern":"^[\\x21-\\x7e]+$"},"x-request-id":{"type":"string","minLength":1,"maxLength":128,"pattern":"^[A-Za-z0-9._:/+=@-]+$"},"x-request-timeout-ms":{"type":"integer","minimum":1,"maximum":600000}},"required":["Idempotency-Key"]};
const parameters_pattern7 = new RegExp("^[\\x21-\\x7e]+$", "u");

function parameters_validate24(data, {instancePath="", parentData, parentDataProperty, rootData=data, dynamicAnchors={}}={}){
let vErrors = null;
let errors = 0;
const evaluated0 = parameters_validate24.evaluated;
if(evaluated0.dynamicProps){
evaluated0.props = undefined;
}
if(evaluated0.dynamicItems){
evaluated0.items = undefined;
}
if(errors === 0){
if(data && typeof data == "object" && !Array.isArray(data)){
let missing0;
if((data["Idempotency-Key"] === undefined) && (missing0 = "Idempotency-Key")){
parameters_validate24.errors = [{instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: missing0},message:"must have required property '"+missing0+"'"}];
return false;
}
else {
if(data["Idempotency-Key"] !== undefined){
let data0 = data["Idempotency-Key"];
const _errs1 = errors;
if(typeof data0 !== "string"){
let dataType0 = typeof data0;
let coerced0 = undefined;
if(!(coerced0 !== undefined)){
if(dataType0 == "number" || dataType0 == "boolean"){
coerced0 = "" + data0;
}
else if(data0 === null){
coerced0 = "";
}
else {
parameters_validate24.errors = [{instancePath:instancePath+"/Idempotency-Key",schemaPath:"#/properties/Idempotency-Key/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
}
if(coerced0 !== undefined){
data0 = coerced0;
if(data !== undefined){
data["Idempotency-Key"] = coerced0;
}
}
}
if(errors === _errs1){
if(typeof data0 === "string"){
if(parameters_func1(data0) > 255){
parameters_validate24.errors = [{instancePath:instancePath+"/Idempotency-Key",schemaPath:"#/properties/Idempotency-Key/maxLength",keyword:"maxLength",params:{limit: 255},message:"must NOT have more than 255 characters"}];
return false;
}
else {
if(parameters_func1(data0) < 1){
parameters_validate24.errors = [{instancePath:instancePath+"/Idempotency-Key",schemaPath:"#/properties/Idempotency-Key/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters"}];
return false;
}
else {
if(!parameters_pattern7.test(data0)){
parameters_validate24.errors = [{instancePath:instancePath+"/Idempotency-Key",schemaPath:"#/properties/Idempotency-Key/pattern",keyword:"pattern",params:{pattern: "^[\\x21-\\x7e]+$"},message:"must match pattern \""+"^[\\x21-\\x7e]+$"+"\""}];
return false;
}
}
}
}
}
var valid0 = _errs1 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data["x-request-id"] !== undefined){
let data1 = data["x-request-id"];
const _errs3 = errors;
if(typeof data1 !== "string"){
let dataType1 = typeof data1;
let coerced1 = undefined;
if(!(coerced1 !== undefined)){
if(dataType1 == "number" || dataType1 == "boolean"){
coerced1 = "" + data1;
}
else if(data1 === null){
coerced1 = "";
}
else {
parameters_validate24.errors = [{instancePath:instancePath+"/x-request-id",schemaPath:"#/properties/x-request-id/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
}
if(coerced1 !== undefined){
data1 = coerced1;
if(data !== undefined){
data["x-request-id"] = coerced1;
}
}
}
if(errors === _errs3){
if(typeof data1 === "string"){
if(parameters_func1(data1) > 128){
parameters_validate24.errors = [{instancePath:instancePath+"/x-request-id",schemaPath:"#/properties/x-request-id/maxLength",keyword:"maxLength",params:{limit: 128},message:"must NOT have more than 128 characters"}];
return false;
}
else {
if(parameters_func1(data1) < 1){
parameters_validate24.errors = [{instancePath:instancePath+"/x-request-id",schemaPath:"#/properties/x-request-id/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters"}];
return false;
}
else {
if(!parameters_pattern5.test(data1)){
parameters_validate24.errors = [{instancePath:instancePath+"/x-request-id",schemaPath:"#/properties/x-request-id/pattern",keyword:"pattern",params:{pattern: "^[A-Za-z0-9._:/+=@-]+$"},message:"must match pattern \""+"^[A-Za-z0-9._:/+=@-]+$"+"\""}];
return false;
}
}
}
}
}
var valid0 = _errs3 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data["x-request-timeout-ms"] !== undefined){
let data2 = data["x-request-timeout-ms"];
const _errs5 = errors;
if(!((typeof data2 == "number") && (!(data2 % 1) && !isNaN(data2)))){
let dataType2 = typeof data2;
let coerced2 = undefined;
if(!(coerced2 !== undefined)){
if(dataType2 === "boolean" || data2 === null
              || (dataType2 === "string" && data2 && data2 == +data2 && !(data2 % 1))){
coerced2 = +data2;
}
else {
parameters_validate24.errors = [{instancePath:instancePath+"/x-request-timeout-ms",schemaPath:"#/properties/x-request-timeout-ms/type",keyword:"type",params:{type: "integer"},message:"must be integer"}];
return false;
}
}
if(coerced2 !== undefined){
data2 = coerced2;
if(data !== undefined){
data["x-request-timeout-ms"] = coerced2;
}
}
}
if(errors === _errs5){
if(typeof data2 == "number"){
if(data2 > 600000 || isNaN(data2)){
parameters_validate24.errors = [{instancePath:instancePath+"/x-request-timeout-ms",schemaPath:"#/properties/x-request-timeout-ms/maximum",keyword:"maximum",params:{comparison: "<=", limit: 600000},message:"must be <= 600000"}];
return false;
}
else {
if(data2 < 1 || isNaN(data2)){
parameters_validate24.errors = [{instancePath:instancePath+"/x-request-timeout-ms",schemaPath:"#/properties/x-request-timeout-ms/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1},message:"must be >= 1"}];
return false;
}
}
}
}
var valid0 = _errs5 === errors;
}
else {
var valid0 = true;
}
}
}
}
}
else {
parameters_validate24.errors = [{instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"},message:"must be object"}];
return false;
}
}
parameters_validate24.errors = vErrors;
return errors === 0;
}
parameters_validate24.evaluated = {"props":{"Idempotency-Key":true,"x-request-id":true,"x-request-timeout-ms":true},"dynamicProps":false,"dynamicItems":false};

export const getOrder_path = parameters_validate25;
const parameters_schema37 = {"type":"object","properties":{"id":{"$ref":"contract#/components/schemas/OrderId"}},"required":["id"]};
const parameters_schema38 = {"type":"string","format":"uuid"};
const parameters_formats0 = /^(?:urn:uuid:)?[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;

function parameters_validate25(data, {instancePath="", parentData, parentDataProperty, rootData=data, dynamicAnchors={}}={}){
let vErrors = null;
let errors = 0;
const evaluated0 = parameters_validate25.evaluated;
if(evaluated0.dynamicProps){
evaluated0.props = undefined;
}
if(evaluated0.dynamicItems){
evaluated0.items = undefined;
}
if(errors === 0){
if(data && typeof data == "object" && !Array.isArray(data)){
let missing0;
if((data.id === undefined) && (missing0 = "id")){
parameters_validate25.errors = [{instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: missing0},message:"must have required property '"+missing0+"'"}];
return false;
}
else {
if(data.id !== undefined){
let data0 = data.id;
const _errs2 = errors;
if(typeof data0 !== "string"){
let dataType0 = typeof data0;
let coerced0 = undefined;
if(!(coerced0 !== undefined)){
if(dataType0 == "number" || dataType0 == "boolean"){
coerced0 = "" + data0;
}
else if(data0 === null){
coerced0 = "";
}
else {
parameters_validate25.errors = [{instancePath:instancePath+"/id",schemaPath:"contract#/components/schemas/OrderId/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
}
if(coerced0 !== undefined){
data0 = coerced0;
if(data !== undefined){
data["id"] = coerced0;
}
}
}
if(errors === _errs2){
if(errors === _errs2){
if(typeof data0 === "string"){
if(!(parameters_formats0.test(data0))){
parameters_validate25.errors = [{instancePath:instancePath+"/id",schemaPath:"contract#/components/schemas/OrderId/format",keyword:"format",params:{format: "uuid"},message:"must match format \""+"uuid"+"\""}];
return false;
}
}
}
}
}
}
}
else {
parameters_validate25.errors = [{instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"},message:"must be object"}];
return false;
}
}
parameters_validate25.errors = vErrors;
return errors === 0;
}
parameters_validate25.evaluated = {"props":{"id":true},"dynamicProps":false,"dynamicItems":false};

export const getOrderIntake_path = parameters_validate26;
const parameters_schema39 = {"type":"object","properties":{"id":{"$ref":"contract#/components/schemas/IntakeId"}},"required":["id"]};
const parameters_schema40 = {"description":"The same for every request with the same `Idempotency-Key` and payload.","type":"string","format":"uuid"};

function parameters_validate26(data, {instancePath="", parentData, parentDataProperty, rootData=data, dynamicAnchors={}}={}){
let vErrors = null;
let errors = 0;
const evaluated0 = parameters_validate26.evaluated;
if(evaluated0.dynamicProps){
evaluated0.props = undefined;
}
if(evaluated0.dynamicItems){
evaluated0.items = undefined;
}
if(errors === 0){
if(data && typeof data == "object" && !Array.isArray(data)){
let missing0;
if((data.id === undefined) && (missing0 = "id")){
parameters_validate26.errors = [{instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: missing0},message:"must have required property '"+missing0+"'"}];
return false;
}
else {
if(data.id !== undefined){
let data0 = data.id;
const _errs2 = errors;
if(typeof data0 !== "string"){
let dataType0 = typeof data0;
let coerced0 = undefined;
if(!(coerced0 !== undefined)){
if(dataType0 == "number" || dataType0 == "boolean"){
coerced0 = "" + data0;
}
else if(data0 === null){
coerced0 = "";
}
else {
parameters_validate26.errors = [{instancePath:instancePath+"/id",schemaPath:"contract#/components/schemas/IntakeId/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
}
if(coerced0 !== undefined){
data0 = coerced0;
if(data !== undefined){
data["id"] = coerced0;
}
}
}
if(errors === _errs2){
if(errors === _errs2){
if(typeof data0 === "string"){
if(!(parameters_formats0.test(data0))){
parameters_validate26.errors = [{instancePath:instancePath+"/id",schemaPath:"contract#/components/schemas/IntakeId/format",keyword:"format",params:{format: "uuid"},message:"must match format \""+"uuid"+"\""}];
return false;
}
}
}
}
}
}
}
else {
parameters_validate26.errors = [{instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"},message:"must be object"}];
return false;
}
}
parameters_validate26.errors = vErrors;
return errors === 0;
}
parameters_validate26.evaluated = {"props":{"id":true},"dynamicProps":false,"dynamicItems":false};
export const placeOrder_body = body_validate20;
const body_schema31 = {"$ref":"contract#/components/schemas/NewOrder"};
const body_schema33 = {"type":"object","required":["reference","items"],"additionalProperties":false,"properties":{"reference":{"description":"The client's own name for the order.","type":"string","minLength":1,"maxLength":100},"items":{"description":"What to buy; a product at most once.","type":"array","minItems":1,"maxItems":20,"items":{"type":"object","required":["productId","quantity"],"additionalProperties":false,"properties":{"productId":{"$ref":"#/components/schemas/ProductId"},"quantity":{"type":"integer","minimum":1,"maximum":10}}}}}};
const body_schema34 = {"type":"string","minLength":1,"maxLength":64,"pattern":"^[a-z0-9-]+$"};
const body_func1 = (text) => [...text].length;
const body_pattern4 = new RegExp("^[a-z0-9-]+$", "u");

function body_validate22(data, {instancePath="", parentData, parentDataProperty, rootData=data, dynamicAnchors={}}={}){
let vErrors = null;
let errors = 0;
const evaluated0 = body_validate22.evaluated;
if(evaluated0.dynamicProps){
evaluated0.props = undefined;
}
if(evaluated0.dynamicItems){
evaluated0.items = undefined;
}
if(errors === 0){
if(data && typeof data == "object" && !Array.isArray(data)){
let missing0;
if(((data.reference === undefined) && (missing0 = "reference")) || ((data.items === undefined) && (missing0 = "items"))){
body_validate22.errors = [{instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: missing0},message:"must have required property '"+missing0+"'"}];
return false;
}
else {
const _errs1 = errors;
for(const key0 in data){
if(!((key0 === "reference") || (key0 === "items"))){
body_validate22.errors = [{instancePath,schemaPath:"#/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key0},message:"must NOT have additional properties"}];
return false;
break;
}
}
if(_errs1 === errors){
if(data.reference !== undefined){
let data0 = data.reference;
const _errs2 = errors;
if(errors === _errs2){
if(typeof data0 === "string"){
if(body_func1(data0) > 100){
body_validate22.errors = [{instancePath:instancePath+"/reference",schemaPath:"#/properties/reference/maxLength",keyword:"maxLength",params:{limit: 100},message:"must NOT have more than 100 characters"}];
return false;
}
else {
if(body_func1(data0) < 1){
body_validate22.errors = [{instancePath:instancePath+"/reference",schemaPath:"#/properties/reference/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters"}];
return false;
}
}
}
else {
body_validate22.errors = [{instancePath:instancePath+"/reference",schemaPath:"#/properties/reference/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
}
var valid0 = _errs2 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.items !== undefined){
let data1 = data.items;
const _errs4 = errors;
if(errors === _errs4){
if(Array.isArray(data1)){
if(data1.length > 20){
body_validate22.errors = [{instancePath:instancePath+"/items",schemaPath:"#/properties/items/maxItems",keyword:"maxItems",params:{limit: 20},message:"must NOT have more than 20 items"}];
return false;
}
else {
if(data1.length < 1){
body_validate22.errors = [{instancePath:instancePath+"/items",schemaPath:"#/properties/items/minItems",keyword:"minItems",params:{limit: 1},message:"must NOT have fewer than 1 items"}];
return false;
}
else {
var valid1 = true;
const len0 = data1.length;
for(let i0=0; i0<len0; i0++){
let data2 = data1[i0];
const _errs6 = errors;
if(errors === _errs6){
if(data2 && typeof data2 == "object" && !Array.isArray(data2)){
let missing1;
if(((data2.productId === undefined) && (missing1 = "productId")) || ((data2.quantity === undefined) && (missing1 = "quantity"))){
body_validate22.errors = [{instancePath:instancePath+"/items/" + i0,schemaPath:"#/properties/items/items/required",keyword:"required",params:{missingProperty: missing1},message:"must have required property '"+missing1+"'"}];
return false;
}
else {
const _errs8 = errors;
for(const key1 in data2){
if(!((key1 === "productId") || (key1 === "quantity"))){
body_validate22.errors = [{instancePath:instancePath+"/items/" + i0,schemaPath:"#/properties/items/items/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key1},message:"must NOT have additional properties"}];
return false;
break;
}
}
if(_errs8 === errors){
if(data2.productId !== undefined){
let data3 = data2.productId;
const _errs9 = errors;
const _errs10 = errors;
if(errors === _errs10){
if(typeof data3 === "string"){
if(body_func1(data3) > 64){
body_validate22.errors = [{instancePath:instancePath+"/items/" + i0+"/productId",schemaPath:"#/components/schemas/ProductId/maxLength",keyword:"maxLength",params:{limit: 64},message:"must NOT have more than 64 characters"}];
return false;
}
else {
if(body_func1(data3) < 1){
body_validate22.errors = [{instancePath:instancePath+"/items/" + i0+"/productId",schemaPath:"#/components/schemas/ProductId/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters"}];
return false;
}
else {
if(!body_pattern4.test(data3)){
body_validate22.errors = [{instancePath:instancePath+"/items/" + i0+"/productId",schemaPath:"#/components/schemas/ProductId/pattern",keyword:"pattern",params:{pattern: "^[a-z0-9-]+$"},message:"must match pattern \""+"^[a-z0-9-]+$"+"\""}];
return false;
}
}
}
}
else {
body_validate22.errors = [{instancePath:instancePath+"/items/" + i0+"/productId",schemaPath:"#/components/schemas/ProductId/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
}
var valid2 = _errs9 === errors;
}
else {
var valid2 = true;
}
if(valid2){
if(data2.quantity !== undefined){
let data4 = data2.quantity;
const _errs12 = errors;
if(!((typeof data4 == "number") && (!(data4 % 1) && !isNaN(data4)))){
body_validate22.errors = [{instancePath:instancePath+"/items/" + i0+"/quantity",schemaPath:"#/properties/items/items/properties/quantity/type",keyword:"type",params:{type: "integer"},message:"must be integer"}];
return false;
}
if(errors === _errs12){
if(typeof data4 == "number"){
if(data4 > 10 || isNaN(data4)){
body_validate22.errors = [{instancePath:instancePath+"/items/" + i0+"/quantity",schemaPath:"#/properties/items/items/properties/quantity/maximum",keyword:"maximum",params:{comparison: "<=", limit: 10},message:"must be <= 10"}];
return false;
}
else {
if(data4 < 1 || isNaN(data4)){
body_validate22.errors = [{instancePath:instancePath+"/items/" + i0+"/quantity",schemaPath:"#/properties/items/items/properties/quantity/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1},message:"must be >= 1"}];
return false;
}
}
}
}
var valid2 = _errs12 === errors;
}
else {
var valid2 = true;
}
}
}
}
}
else {
body_validate22.errors = [{instancePath:instancePath+"/items/" + i0,schemaPath:"#/properties/items/items/type",keyword:"type",params:{type: "object"},message:"must be object"}];
return false;
}
}
var valid1 = _errs6 === errors;
if(!valid1){
break;
}
}
}
}
}
else {
body_validate22.errors = [{instancePath:instancePath+"/items",schemaPath:"#/properties/items/type",keyword:"type",params:{type: "array"},message:"must be array"}];
return false;
}
}
var valid0 = _errs4 === errors;
}
else {
var valid0 = true;
}
}
}
}
}
else {
body_validate22.errors = [{instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"},message:"must be object"}];
return false;
}
}
body_validate22.errors = vErrors;
return errors === 0;
}
body_validate22.evaluated = {"props":true,"dynamicProps":false,"dynamicItems":false};


function body_validate20(data, {instancePath="", parentData, parentDataProperty, rootData=data, dynamicAnchors={}}={}){
let vErrors = null;
let errors = 0;
const evaluated0 = body_validate20.evaluated;
if(evaluated0.dynamicProps){
evaluated0.props = undefined;
}
if(evaluated0.dynamicItems){
evaluated0.items = undefined;
}
if(!(body_validate22(data, {instancePath,parentData,parentDataProperty,rootData,dynamicAnchors}))){
vErrors = vErrors === null ? body_validate22.errors : vErrors.concat(body_validate22.errors);
errors = vErrors.length;
}
body_validate20.errors = vErrors;
return errors === 0;
}
body_validate20.evaluated = {"props":true,"dynamicProps":false,"dynamicItems":false};

export const contractOperations = [
  { "id":"listProducts","method":"GET","path":"/products","headerNames":["x-request-id","x-request-timeout-ms"], parameters: [["query", listProducts_query], ["header", listProducts_header]], body: undefined },
  { "id":"getProduct","method":"GET","path":"/products/{id}","headerNames":["x-request-id","x-request-timeout-ms"], parameters: [["path", getProduct_path], ["header", listProducts_header]], body: undefined },
  { "id":"listOrders","method":"GET","path":"/orders","headerNames":["x-request-id","x-request-timeout-ms"], parameters: [["query", listProducts_query], ["header", listProducts_header]], body: undefined },
  { "id":"placeOrder","method":"POST","path":"/orders","headerNames":["Idempotency-Key","x-request-id","x-request-timeout-ms"], parameters: [["header", placeOrder_header]], body: placeOrder_body },
  { "id":"getOrder","method":"GET","path":"/orders/{id}","headerNames":["x-request-id","x-request-timeout-ms"], parameters: [["path", getOrder_path], ["header", listProducts_header]], body: undefined },
  { "id":"getOrderIntake","method":"GET","path":"/order-intakes/{id}","headerNames":["x-request-id","x-request-timeout-ms"], parameters: [["path", getOrderIntake_path], ["header", listProducts_header]], body: undefined },
  { "id":"getLiveness","method":"GET","path":"/livez","headerNames":[], parameters: [], body: undefined },
  { "id":"getReadiness","method":"GET","path":"/readyz","headerNames":[], parameters: [], body: undefined },
  { "id":"getMetrics","method":"GET","path":"/metrics","headerNames":[], parameters: [], body: undefined },
];
