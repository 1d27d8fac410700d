export { createFailpoint, type Failpoint } from './failpoint.js';
export { createCallPolicy, type CallPolicy, type CallPolicyOptions, type PolicyCall } from './call-policy.js';
export { deadlineHeader, parseRemainingMs, remainingMs } from './deadline.js';
export { createLimiter, type Limiter, type LimiterOptions } from './limiter.js';
export { isPriority, priorities, priorityKey, type Priority } from './priority.js';
export { createRetryBudget, type RetryBudget } from './retry-budget.js';
export { createLoop, type Loop } from './loop.js';
