\ The primes below 100, by Eratosthenes' sieve.
100 constant most
variable sieve most allot          \ 0: not crossed out

: cross  ( n -- )  most over dup + do 1 sieve i + ! dup +loop drop ;
: primes  most 2 do sieve i + @ 0= if i . i dup + most < if i cross then then loop cr ;

primes
