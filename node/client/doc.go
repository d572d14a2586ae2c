// Package client is the caller's side of the network: it finds a function's hosts, opens lanes to them, calls them, checks what they
// sign and pays by receipt. Gateways, the command line and other people's Go programs use it alike.
//
// # The receipt exchange
//
// Caller and host keep one number for each lane: how many requests have been served on it. These are the rules that keep the two equal.
//
//  1. A host numbers the OK responses of a lane from 1 without gaps; guest faults are such responses, every other status takes no
//     number and costs nothing.
//  2. The host signs consecutive results in batches, at most the lane's credit or 50 ms old, and sends a batch after its responses.
//  3. The caller recomputes the batch's root from what it sent and received, checks the host's signature, and answers with a receipt
//     for the batch's last number. It never signs for a response that it does not hold.
//  4. After every connect the caller names its lanes in a Hello. For each the host first sends again the batches that no receipt has
//     answered, then its LaneState with the highest receipt that it holds. The caller goes on from the higher of its own number and
//     that receipt's, and answers the LaneState with a receipt for it. That number stands: the lane's next request is the one after,
//     and the host writes off what it served beyond.
//
// So a broken connection costs a host at most its credit, and a caller that forgot everything but its session key can never be made
// to pay twice. The receipt in rule 4 has the caller's own signature, so a host cannot show a number that it was not given.
package client
