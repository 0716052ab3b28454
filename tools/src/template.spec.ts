import { renderTemplate } from './template.ts';

describe('renderTemplate', () => {
  it('fills placeholders, all of them, with the text as it is', () => {
    const values = { CORE: '127.0.0.1:1', USER: '$& $1' };
    expect(renderTemplate('${USER} proxy_pass ${CORE}; # ${CORE}', values)).toBe(
      '$& $1 proxy_pass 127.0.0.1:1; # 127.0.0.1:1',
    );
  });

  it("leaves nginx's own variables alone", () => {
    const text = 'set $a "${request_id}$status"; ~^[a-z]{1,8}$';
    expect(renderTemplate(text, {})).toBe(text);
  });

  it('refuses a placeholder without a value', () => {
    expect(() => renderTemplate('${CORE} ${CORF}', { CORE: 'x' })).toThrow('${CORF}');
  });
});
