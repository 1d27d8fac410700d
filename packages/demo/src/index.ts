export { callShop, ShopError, signIn, type ShopRequest } from './api/shop-client.js';
export { orderSteps, type OrderStep } from './api/event-stream.js';
export { catalogue, type SeedProduct } from './catalogue.js';
export { runDemoOrder, type DemoKind, type DemoResult, type DemoTarget } from './demo-order.js';
export { findRunningSystem, type RunningSystem } from './running-system.js';
export { seed } from './seed.js';
export { verify, verifyWhenQuiet, type CheckResult } from './verify/verify.js';
