/** Numbers of the libp2p adapter. What each bounds is in docs/reference/mesh.md. */

/** A peer that says nothing for so long is asked; shorter costs traffic, longer finds silent hosts later. */
export const PING_INTERVAL_MS = 12_000
/** A peer that does not answer a ping within this is gone, */
export const PING_TIMEOUT_MS = 3_000
/**
 * or, on a line where that is longer, within so many of its round trips. Fewer cut connections whose peers live, and
 * each costs both ends more than many pings: where everybody is slow for lack of processors, they get slower by it.
 */
export const PING_TIMEOUT_ROUND_TRIPS = 8
/** But never longer than this: a silent host is found within twice the interval. */
export const MAX_PING_TIMEOUT_MS = 12_000
/** The round trip is measured at least so often, also where the other end asks. */
export const RTT_INTERVAL_MS = 60_000
/** A connection of which no cluster wants to know may stand so long, longer only while it joins. */
export const STRANGER_LIFE_MS = 30_000
/** The same, joining or not. */
export const STRANGER_MAX_LIFE_MS = 180_000
/** Connections of strangers at once; with one more the oldest that does nothing is closed. */
export const MAX_STRANGERS = 256
/** Streams that a stranger may have open: the greeting, identify, ping, joining, and as many again that are closing. */
export const MAX_STREAMS_PER_STRANGER = 8
/** Bytes of a stranger that nobody has read: of what strangers say, everything is read at once, or never. */
export const MAX_UNREAD_OF_STRANGER_BYTES = 128 * 1024
/** Strangers are looked at so often; what they can send meanwhile is what their line carries. */
export const STRANGER_CHECK_MS = 1_000
/** Connections to one peer: both have dialed, and the same again while the first ones are dying. */
export const MAX_CONNECTIONS_PER_PEER = 4
/** Connections at once. */
export const MAX_CONNECTIONS = 2_048
/** A dial with everything up to the welcome of the cluster. */
export const DIAL_TIMEOUT_MS = 10_000
/** One address of a dial. */
export const ADDRESS_TIMEOUT_MS = 5_000
/** Opening a stream and saying which cluster it is for. */
export const OPEN_TIMEOUT_MS = 10_000
/** Whom this node has hung up on may not dial in for so long. */
export const DENY_MS = 3_000
/** Closing in good order; then the connection is cut. */
export const CLOSE_TIMEOUT_MS = 1_000
/** Clusters that one connection may speak of. */
export const MAX_CLUSTERS_PER_PEER = 32
/** Greetings of one connection in a minute; each costs checking a certificate. */
export const MAX_GREETINGS_PER_MINUTE = 60
/** Control frames that wait because the other side does not read; then the connection is cut. */
export const MAX_WAITING_FRAMES = 128
/** Received bytes that wait in one stream for its reader, beyond the frame that is being put together. */
export const READ_AHEAD_BYTES = 64 * 1024
/** What may be under way in one stream: the least that yamux allows. */
export const STREAM_WINDOW_BYTES = 256 * 1024
/** Streams that one connection may have open in each direction. */
export const MAX_STREAMS_PER_CONNECTION = 128
/** The same for a relay and for those reached through one: each relayed connection is a stream of theirs. */
export const MAX_STREAMS_WITH_RELAY = 512
/** Peers whose addresses are kept for dialing without any given. */
export const MAX_KNOWN_PEERS = 1_024
/** Addresses that are dialed of one peer. */
export const MAX_DIALED_ADDRESSES = 8
/** Connections are looked after so often. */
export const TEND_INTERVAL_MS = 5_000
