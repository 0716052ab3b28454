/** An entry of the audit log as it waits in the outbox: columns of audit_log_ext. */
export interface ForwardedEntry {
  project_id: number;
  operation: string;
  resource_type: string;
  resource: string;
  username: string;
  op_desc: string;
  op_result: boolean;
  source_ip: string;
  op_time: string;
}

/** Facility 13, log audit; severity 6, informational, or 4, warning, for what failed (RFC 5424, section 6.2.1). */
const priority = (succeeded: boolean): number => 13 * 8 + (succeeded ? 6 : 4);

/** RFC 5424, section 6.3.3: these three are escaped; a line break would end the line at a careless receiver. */
const paramValue = (value: string): string =>
  value.replace(/["\\\]]/g, (character) => `\\${character}`).replace(/\p{Cc}/gu, ' ');

/**
 * One entry as a syslog message (RFC 5424), counted in octets (RFC 6587, section 3.4.1). The fields are structured data
 * under a name from the range for examples; the text is Harbor's description.
 */
export function syslogFrame(entry: ForwardedEntry): Buffer {
  const fields = {
    projectId: String(entry.project_id),
    operation: entry.operation,
    resourceType: entry.resource_type,
    resource: entry.resource,
    operator: entry.username,
    success: String(entry.op_result),
    sourceIp: entry.source_ip,
  };
  const data = Object.entries(fields).map(([name, value]) => ` ${name}="${paramValue(value)}"`);
  const time = new Date(entry.op_time).toISOString();
  const text = entry.op_desc.replace(/\p{Cc}/gu, ' ');
  const message = Buffer.from(
    `<${priority(entry.op_result)}>1 ${time} - haven-core - audit [audit@32473${data.join('')}] ${text}`,
  );
  return Buffer.concat([Buffer.from(`${message.length} `), message]);
}
