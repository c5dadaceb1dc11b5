// What the browser says about its permission for a microphone or camera. Not every browser tells; none is asked to ask.
import type { Kind } from './devices.ts'

/** `null`: this browser does not tell. */
export async function permission(kind: Kind): Promise<PermissionState | null> {
  return (await query(kind))?.state ?? null
}

/** Tells when a permission changes, for as long as the page lives. */
export async function watchPermission(kind: Kind, changed: () => void): Promise<void> {
  const status = await query(kind)
  if (!status) return
  status.onchange = changed
  watched.push(status)
}

/** Held, so that no browser forgets them together with who listens. */
const watched: PermissionStatus[] = []

async function query(kind: Kind): Promise<PermissionStatus | null> {
  try {
    return await navigator.permissions.query({ name: kind as PermissionName })
  } catch {
    return null
  }
}
