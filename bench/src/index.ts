export { startCollector } from './extras.js';
export { usageOf, type Usage } from './processes.js';
export { machine, printReport, writeReport, type Report, type Row } from './report.js';
export { median, percentile } from './statistics.js';
