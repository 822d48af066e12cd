/**
 * Log groups that the emulator makes anew after a destruction: a function that is at work when its stack goes writes its
 * last lines when its log group is gone already. In AWS the function's role would have to allow that; the emulator asks
 * nobody, so it proves nothing about the stack.
 */

interface Resource {
  readonly Type: string;
  readonly DeletionPolicy?: string;
  readonly Properties?: { readonly LoggingConfig?: { readonly LogGroup?: { readonly Ref?: string } } };
}

/** Where a role is allowed to make log groups, one that is there afterwards is the stack's own doing. */
const MAKES_LOG_GROUPS = /"logs:(?:CreateLogGroup|\*)"/;

/** @returns Names, as the emulator gives them, of log groups that go with the stack and that its functions write to. */
export function readRemadeLogs(template: unknown, stackName: string): string[] {
  if (MAKES_LOG_GROUPS.test(JSON.stringify(template))) return [];
  const resources = (template as { Resources?: Readonly<Record<string, Resource>> }).Resources ?? {};
  const written = Object.values(resources).flatMap(({ Type, Properties }) => {
    const id = Properties?.LoggingConfig?.LogGroup?.Ref;
    return Type === 'AWS::Lambda::Function' && id !== undefined ? [id] : [];
  });
  return [...new Set(written)]
    .filter((id) => resources[id]?.DeletionPolicy === 'Delete')
    .map((id) => `/aws/cloudformation/${stackName}/${id}`);
}
