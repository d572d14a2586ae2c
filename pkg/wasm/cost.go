package wasm

// Costs in fuel. They follow what compiled code takes on amd64 and arm64, so that fuel per nanosecond is alike for all programs: what
// only names values or structures code is free, and a cheap instruction is 1.
const (
	costFree   = 0
	costSimple = 1
	costLoad   = 6
	costStore  = 8
	costFloat  = 3
	costBranch = 4

	// bulkShift makes 64 bytes, or table elements, of a bulk operation cost one fuel.
	bulkShift = 6
	// growCost is the fuel of one page of memory.grow, as much as filling it.
	growCost = PageSize >> bulkShift
)

// costs holds the fuel of one execution of each instruction without a prefix.
var costs = func() (table [256]uint16) {
	set := func(from, to int, cost uint16) {
		for op := from; op <= to; op++ {
			table[op] = cost
		}
	}
	set(0x00, 0xff, costSimple)
	for _, op := range []int{opBlock, opLoop, opElse, opEnd, opDrop, 0x01, opLocalGet, opLocalSet, opLocalTee, opI32Const, opI64Const, opF32Const, opF64Const} {
		table[op] = costFree
	}
	set(opBr, opBrIf, costBranch)
	table[opIf] = costBranch
	table[opBrTable] = 8
	table[opCall], table[opCallIndirect] = 24, 28
	set(opI32Load, 0x35, costLoad)
	set(0x36, opMemorySize-1, costStore)
	table[opTableGet], table[opTableSet] = 6, 6
	table[opMemoryGrow] = 400
	table[0x6c], table[opI64Mul] = 2, 2
	set(0x6d, 0x70, 10) // i32 division
	set(0x7f, 0x82, 16) // i64 division
	set(0x5b, 0x66, costFloat)
	set(0x8b, 0xa6, costFloat)
	set(0x8d, 0x90, 6) // rounding of f32
	set(0x9b, 0x9e, 6) // and of f64
	table[0x91], table[0x9f] = 9, 10
	table[0x95], table[0xa3] = 10, 12
	set(0x96, 0x97, 6)
	set(0xa4, 0xa5, 6)
	set(0xa8, 0xab, 8) // truncations, which check
	set(0xae, 0xb1, 8)
	set(0xb2, 0xbb, 4)
	return table
}()

// cost returns the fuel of one execution of an instruction.
func cost(in instruction) int64 {
	switch in.op {
	case opPrefixMisc:
		return 8
	case opPrefixSIMD:
		switch in.misc {
		case 227, 231, 239, 243: // square roots and divisions
			return 16
		case simdConst:
			return costFree
		}
		return 3
	}
	return int64(costs[in.op])
}
