// A QR code read as a phone's camera reads it, by a decoder that has nothing to do with what drew it. In: what stands
// on the page. Out: what the code says.
import type { Locator } from '@playwright/test'
import decodeQR from 'qr/decode.js'

export async function scan(code: Locator): Promise<string> {
  const png = (await code.screenshot()).toString('base64')
  // The browser itself takes the picture apart, in a tab without the page's policy.
  const tab = await code.page().context().newPage()
  const { width, height, data } = await tab.evaluate(async (png) => {
    const picture = await createImageBitmap(await (await fetch(`data:image/png;base64,${png}`)).blob())
    const canvas = new OffscreenCanvas(picture.width, picture.height).getContext('2d')
    if (!canvas) throw new Error('nothing to draw on')
    canvas.drawImage(picture, 0, 0)
    return { width: picture.width, height: picture.height, data: [...canvas.getImageData(0, 0, picture.width, picture.height).data] }
  }, png)
  await tab.close()
  return decodeQR({ width, height, data: Uint8Array.from(data) })
}
