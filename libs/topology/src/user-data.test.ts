import { describe, expect, it } from 'vitest';
import { cloudConfigFiles, hereDocuments, plainUserData, readInstanceProcess } from './user-data.ts';

const unit = (name: string) => `[Service]\nExecStart=/bin/${name}\nEnvironment=NAME=${name}`;

function read(userData: string, metadata: readonly unknown[] = []) {
  const notes: string[] = [];
  const process = readInstanceProcess(
    userData,
    metadata,
    (message) => notes.push(message),
    () => undefined,
  );
  return { process, notes };
}

describe('here-documents', () => {
  it.each([
    ["cat > /etc/systemd/system/a.service <<'EOF'", 'EOF'],
    ['cat > /etc/systemd/system/a.service <<"UNIT"', 'UNIT'],
    ['cat >/etc/systemd/system/a.service << END', 'END'],
    ['cat <<EOF > /etc/systemd/system/a.service', 'EOF'],
    ['sudo tee /etc/systemd/system/a.service > /dev/null <<EOF', 'EOF'],
    ['cat <<\\EOF | sudo tee /etc/systemd/system/a.service >/dev/null', 'EOF'],
    ['cat > "/etc/systemd/system/a.service" <<EOF', 'EOF'],
  ])('are found after %s', (command, delimiter) => {
    const script = `#!/bin/bash\n${command}\n${unit('a')}\n${delimiter}\necho done`;
    expect(hereDocuments(script)).toEqual([
      { path: '/etc/systemd/system/a.service', text: unit('a'), isAppended: false },
    ]);
  });

  it('lose their tabs after <<- only', () => {
    expect(hereDocuments('cat > /a <<-E\n\t\tx\n\tE')[0]?.text).toBe('x');
    expect(hereDocuments('cat > /a <<E\n\tx\nE')[0]?.text).toBe('\tx');
  });

  it('lose the escapes that the shell takes away, unless quoted', () => {
    expect(hereDocuments('cat > /a <<E\n\\$HOME \\\\ \\`\nE')[0]?.text).toBe('$HOME \\ `');
    expect(hereDocuments("cat > /a <<'E'\n\\$HOME\nE")[0]?.text).toBe('\\$HOME');
  });

  it('are not here-strings, shifts, or documents that never end', () => {
    expect(hereDocuments('cat > /a <<< word\nx\nword')).toEqual([]);
    expect(hereDocuments('n=$((1 <<SHIFT))\ncat > /a <<E\nx\nE')).toEqual([
      { path: '/a', text: 'x', isAppended: false },
    ]);
  });

  it('know a unit by its text when its path is made up at run time', () => {
    expect(hereDocuments(`cat > "$unit" <<E\n${unit('a')}\nE\ncat > "$other" <<E\nx\nE`)).toEqual([
      { path: '/etc/systemd/system/unnamed.service', text: unit('a'), isAppended: false },
    ]);
  });
});

describe('the process of an instance', () => {
  it('is the unit, with its drop-ins and what is appended to it', () => {
    const script = [
      `cat > /etc/systemd/system/a.service <<E\n${unit('a')}\nE`,
      'cat >> /etc/systemd/system/a.service <<E\nEnvironment=MORE=1\nE',
      'cat > /etc/systemd/system/a.service.d/x.conf <<E\n[Service]\nEnvironment=ZONE=z\nRestart=always\nE',
    ].join('\n');
    const { process } = read(script);
    expect(process?.unit).toBe('a.service');
    expect(process?.environment).toEqual({ NAME: 'a', MORE: '1', ZONE: 'z' });
    expect(process?.restart).toBe('always');
  });

  it('is not a unit that runs once, nor a timer', () => {
    const script = [
      `cat > /etc/systemd/system/setup.service <<E\n[Service]\nType=oneshot\nExecStart=/setup\nE`,
      'cat > /etc/systemd/system/x.timer <<E\n[Timer]\nOnCalendar=daily\nE',
      `cat > /etc/systemd/system/app.service <<E\n${unit('app')}\nE`,
    ].join('\n');
    const { process, notes } = read(script);
    expect(process?.unit).toBe('app.service');
    expect(notes).toEqual([]);
  });

  it('is the first unit with an environment when several serve, with a note', () => {
    const script = [
      `cat > /etc/systemd/system/agent.service <<E\n[Service]\nExecStart=/agent\nE`,
      `cat > /etc/systemd/system/app.service <<E\n${unit('app')}\nE`,
    ].join('\n');
    const { process, notes } = read(script);
    expect(process?.unit).toBe('app.service');
    expect(notes).toEqual(['writes 2 service units; app.service is read as the process that serves']);
  });

  it('takes an environment file that the same script writes', () => {
    const script = `cat > /etc/app.env <<E\nPORT=9000\nE\ncat > /etc/systemd/system/a.service <<E\n${unit('a')}\nEnvironmentFile=/etc/app.env\nE`;
    expect(read(script).process?.environment).toEqual({ NAME: 'a', PORT: '9000' });
  });

  it('may stand in cloud-config, with the path before or after the content', () => {
    const document = (order: readonly string[]) =>
      `#cloud-config\nwrite_files:\n${order.join('\n')}\nruncmd:\n  - ls`;
    const content = '    content: |\n      [Service]\n      ExecStart=/bin/a\n      Environment=NAME=a';
    const before = document(['  - path: /etc/systemd/system/a.service', content]);
    const after = document([
      content.replace('    content', '  - content'),
      '    path: /etc/systemd/system/a.service',
    ]);
    expect(cloudConfigFiles(before)).toEqual([{ path: '/etc/systemd/system/a.service', text: unit('a') }]);
    expect(read(after).process?.unit).toBe('a.service');
  });

  it('is told apart from the files before and after it in cloud-config', () => {
    const document = [
      'write_files:',
      '- path: /etc/first',
      '  content: |',
      '    one',
      '- content: |',
      '    two',
      '  path: /etc/second',
      '- owner: root',
      '  path: /etc/third',
      '  content: |',
      '    three',
      '',
      '    more',
    ];
    expect(cloudConfigFiles(document.join('\n'))).toEqual([
      { path: '/etc/first', text: 'one' },
      { path: '/etc/second', text: 'two' },
      { path: '/etc/third', text: 'three\n\nmore' },
    ]);
  });

  it('may stand in AWS::CloudFormation::Init', () => {
    const metadata = {
      'AWS::CloudFormation::Init': {
        config: { files: { '/etc/systemd/system/a.service': { content: unit('a') } } },
      },
    };
    expect(read('#!/bin/sh\ncfn-init', [undefined, metadata]).process?.environment).toEqual({ NAME: 'a' });
  });

  it('is unknown without a unit', () => {
    expect(read('#!/bin/sh\nnode server.js &').process).toBeUndefined();
    expect(read('').process).toBeUndefined();
  });
});

describe('user data that is base64 already', () => {
  it('is decoded, non-ASCII letters and all', () => {
    // printf '#!/bin/sh\necho né' | base64
    expect(plainUserData('IyEvYmluL3NoCmVjaG8gbsOp')).toBe('#!/bin/sh\necho né');
  });

  it.each(['#!/bin/sh\necho hi there', 'short', 'AAAAAAAAAAAAAAAAA'])('leaves %s alone', (text) => {
    expect(plainUserData(text)).toBe(text);
  });
});
