/** Counts the bytes of connections: those that are gone in a sum, open ones when somebody asks. Requests pay nothing. */
import type { Socket } from 'node:net'
import type { Traffic } from '../admin/metrics.ts'

export class Connections {
  readonly #open = new Set<Socket>()
  #count = 0
  #receivedBytes = 0
  #sentBytes = 0

  add(socket: Socket): void {
    // What comes through a tunnel is on a connection that is known.
    if (this.#open.has(socket)) return
    this.#count++
    this.#open.add(socket)
    socket.once('close', () => {
      this.#open.delete(socket)
      this.#receivedBytes += socket.bytesRead
      this.#sentBytes += socket.bytesWritten
    })
  }

  traffic(): Traffic {
    let receivedBytes = this.#receivedBytes
    let sentBytes = this.#sentBytes
    for (const socket of this.#open) {
      receivedBytes += socket.bytesRead
      sentBytes += socket.bytesWritten
    }
    return { receivedBytes, sentBytes, openConnections: this.#open.size, connections: this.#count }
  }
}
