// Calls: recursion, mutual recursion, through pointers, with many arguments, switches.
#include <stdarg.h>
#include <stdio.h>

static int odd(int n);
static int even(int n) { return n == 0 ? 1 : odd(n - 1); }
static int odd(int n) { return n == 0 ? 0 : even(n - 1); }
static int ackermann(int m, int n) { return m == 0 ? n + 1 : n == 0 ? ackermann(m - 1, 1) : ackermann(m - 1, ackermann(m, n - 1)); }

static int sum(int n, ...) {
    va_list list;
    va_start(list, n);
    int total = 0;
    while (n--) total += va_arg(list, int);
    va_end(list);
    return total;
}

static int twice(int (*f)(int), int x) { return f(f(x)); }
static int collatz(int n) {
    int steps = 0;
    for (; n != 1; steps++) switch (n % 4) {
        case 0: n /= 4; steps++; break;
        case 2: n /= 2; break;
        default: n = 3 * n + 1;
    }
    return steps;
}

int main(void) {
    printf("%d %d\n", even(100), ackermann(2, 6));
    printf("%d %d\n", sum(5, 1, 2, 3, 4, 5), twice(collatz, 27));
    return 0;
}
