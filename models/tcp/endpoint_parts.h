/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * endpoint_parts.h - the inside of an end, for its own files only
 *
 *     endpoint.c    life: handshake, what the application asks, what is told
 *     sender.c      segments leave, for the first time and again
 *     pieces.c      in which pieces data leaves; the send buffer
 *     retry.c       the timer of what was not answered
 *     scoreboard.c  what was sent: acknowledged, SACKed, lost, sent again
 *     recovery.c    what an acknowledgement means; the states of recovery
 *     congestion.c  Reno, CUBIC, HyStart
 *     receiver.c    what came, and when to acknowledge it
 *     window.c      the window that is offered
 *     order.c       what lies beyond holes; SACK blocks
 *     tick.c        when a timer fires
 *
 * Times inside are ns where events are meant and microseconds where the
 * estimators of round trips count (as in the kernel that the model is held to).
 */
#ifndef MODELS_TCP_ENDPOINT_PARTS_H
#define MODELS_TCP_ENDPOINT_PARTS_H

#include "models/tcp/endpoint.h"

#define US_PER_S        INT64_C(1000000)
#define RTO_MAX_US      (120 * US_PER_S) /* RFC 6298, 2.5 allows 60 s or more */
#define WINDOW_FOR_EVER INT64_MAX        /* ssthresh before the first loss */
#define MSS_DEFAULT     536              /* RFC 9293, 3.7.1 */
#define MSS_MIN         88               /* Linux TCP_MIN_MSS */
#define DUP_THRESHOLD   3                /* RFC 6675 */
#define OFO_MAX         512              /* stretches of data beyond a hole */
#define US_PER_MS       1000

enum tcp_state {
    TCP_STATE_CLOSED,
    TCP_STATE_LISTEN,
    TCP_STATE_SYN_SENT,
    TCP_STATE_SYN_RECEIVED,
    TCP_STATE_ESTABLISHED,
    TCP_STATE_DEAD
};

/* How far recovery from a loss is: RFC 5681, with Linux's names. */
enum tcp_phase { PHASE_OPEN, PHASE_DISORDER, PHASE_RECOVERY, PHASE_LOSS };

/* One segment that has been sent and is not yet acknowledged in sequence. */
enum {
    SENT_SACKED = 0x01,
    SENT_LOST = 0x02,
    SENT_AGAIN = 0x04, /* the last transmission is a repetition, under way */
    SENT_TWICE = 0x08, /* it was repeated at some time */
    SENT_FIN = 0x10
};

struct sent {
    int64_t seq;
    int64_t sent_at_ns; /* last transmission */
    uint32_t bytes;
    uint8_t flags;
};

/* A queue of them in the order of sequence numbers; a ring. */
struct sent_ring {
    struct sent *items;
    uint32_t capacity; /* a power of 2 */
    uint64_t first;    /* running numbers: items[n & (capacity - 1)] */
    uint64_t next;
};

/* What a timer of the retransmission kind is for; one runs at a time. */
enum retry_kind {
    RETRY_NONE,
    RETRY_SYN,
    RETRY_RTO,
    RETRY_PROBE_TAIL,   /* tail loss probe */
    RETRY_PROBE_WINDOW, /* of a window too small; BSD: persist */
    RETRY_REORDER       /* wait for a late segment before calling it lost */
};

/* An alarm that is moved without touching the event queue unless nearer. */
struct alarm {
    struct evq_id event;
    int64_t event_at_ns;
    int64_t due_at_ns; /* -1: off */
};

struct cubic {
    int64_t window_max; /* segments, before the last reduction */
    int64_t origin;     /* of the curve */
    int64_t k;          /* 2^-10 s until the origin is reached */
    int64_t epoch_tick; /* 0: none */
    int64_t last_tick;
    int64_t last_window;
    int64_t delay_min_us; /* 0: none yet */
    int64_t acked;        /* since the epoch began */
    int64_t reno_window;  /* what Reno would have */
    int64_t count;        /* ACKed segments for one more */
    /* HyStart */
    int64_t round_at_us;
    int64_t last_ack_us;
    int64_t round_end_seq;
    int64_t round_rtt_us;
    int32_t samples;
    bool is_found;
};

struct sender {
    int64_t una;         /* SND.UNA */
    int64_t next;        /* SND.NXT */
    int64_t written;     /* sequence number after the last written byte, */
    int64_t queued;      /* and after the last that the send buffer took */
    int64_t memory;      /* of the send buffer, with what is not data */
    int64_t piece_base;  /* pieces of the send buffer begin here, */
    int64_t piece_bytes; /* each of so many bytes */
    int64_t head_end;    /* of the piece that is sent next, with what was joined
                          */
    int64_t window;      /* SND.WND in bytes, as believed */
    int64_t window_max;  /* the largest ever */
    int64_t window_seq;  /* SND.WL1 */
    int64_t small_end;   /* end of the last segment below MSS: Minshall */
    int32_t mss_full;    /* before the bound by the window */
    int32_t mss;
    bool is_writing; /* the application is: what it adds is not held back */
    bool is_closing; /* FIN after written */
    bool is_fin_sent;

    int64_t cwnd; /* segments */
    int64_t cwnd_count;
    int64_t ssthresh;
    int64_t packets_max; /* in flight at most in this window of data */
    int64_t usage_seq;
    bool is_cwnd_limited;
    int64_t last_sent_at_ns;

    struct sent_ring ring;
    int64_t sacked_count;
    int64_t lost_count;     /* marked, whether repeated or not */
    int64_t repeated_count; /* SENT_AGAIN and still out */
    uint64_t lost_hint;     /* running number: no unrepeated lost one before */
    uint64_t judged_hint;   /* no unjudged original before */
    struct tcp_sack seen[TCP_SACKS_MAX]; /* blocks of the last ACK */
    uint32_t seen_count;
    /* Repetitions in the order they were made: for repetitions lost again. */
    int64_t *again_seqs;
    uint32_t again_capacity;
    uint64_t again_first;
    uint64_t again_next;

    enum tcp_phase phase;
    int64_t high_seq; /* end of recovery */
    bool is_reducing; /* cwnd goes down by PRR: recovery, or after a probe */
    int64_t prior_cwnd;
    int64_t prr_delivered;
    int64_t prr_out;
    bool is_undecided; /* F-RTO: the timeout may have been for nothing */
    bool is_undoable;
    int64_t undo_ssthresh;
    int64_t undo_cwnd;
    int64_t undo_seq;

    /* RACK: the latest segment known to have arrived */
    int64_t rack_at_ns;
    int64_t rack_end;
    int64_t rack_rtt_us;

    int64_t srtt_us8; /* 8 times; 0: none yet */
    int64_t mdev_us4;
    int64_t mdev_max_us4;
    int64_t rttvar_us4;
    int64_t rtt_seq;
    int64_t rtt_min_us;
    int64_t rto_us; /* without backoff */
    uint32_t backoff;
    uint32_t retries;
    int64_t tail_seq; /* end of the tail loss probe's episode; 0: none */
    bool is_tail_repeat;

    enum retry_kind retry;
    struct alarm alarm;
    struct cubic cubic;

    uint64_t sent_count;
    uint64_t resent_count;
    uint64_t timeouts_count;
    uint64_t probes_count;
    uint64_t reductions_count;
};

enum { ACK_SCHEDULED = 1, ACK_PUSHED = 2, ACK_PUSHED_TWICE = 4, ACK_NOW = 8 };

struct receiver {
    int64_t next;         /* RCV.NXT */
    int64_t window;       /* offered, with */
    int64_t window_at;    /* RCV.NXT when it was */
    int64_t limit;        /* rcv_ssthresh: what it dares to offer */
    int64_t buffer;       /* bytes of memory, twice the window or so */
    int64_t clamp;        /* the window's ceiling for this buffer */
    int32_t ratio;        /* of memory that is data, of 256 */
    int64_t clamp_hard;   /* by setting, or 65535 without scaling */
    int64_t fin_seq;      /* 0: none has come */
    int64_t edge;         /* the furthest ever shown in a header */
    struct tcp_sack *ofo; /* by sequence; owned */
    uint32_t ofo_count;
    uint32_t ofo_capacity;                 /* up to OFO_MAX */
    int64_t ofo_bytes;                     /* in them */
    struct tcp_sack blocks[TCP_SACKS_MAX]; /* latest first */
    uint32_t blocks_count;
    /* Dynamic right-sizing */
    int64_t space; /* bytes read in the last round trip */
    int64_t space_seq;
    int64_t space_at_us;
    int64_t rtt_us; /* as the receiver sees it; 0: none yet */
    uint32_t rtt_echo_ms;
    int64_t round_end; /* a window's data end here; 0: none is measured */
    int64_t round_at_us;
    /* When to acknowledge */
    int32_t mss; /* the peer's, estimated */
    int32_t last_bytes;
    int32_t quick;
    int64_t ato_us; /* 0: no data yet */
    int64_t last_at_us;
    int64_t refused_at_us; /* a segment without data, outside the window */
    uint8_t pending;
    uint8_t duplicate_acks;
    uint8_t compressed_acks;
    bool is_ping_pong;
    uint32_t echo_ms; /* TS.Recent */
    struct alarm delayed;
    struct alarm compressed;
};

struct tcp_endpoint {
    struct sender snd; /* the hot part first */
    struct receiver rcv;
    struct tcp_port port;
    const struct tcp_stack *stack;
    enum tcp_side side;
    enum tcp_state state;
    bool is_scaling;
    bool has_timestamps;
    bool has_sack;
    int32_t send_shift;
    int32_t receive_shift;
    int32_t offered_shift; /* in the SYN last sent */
    uint32_t syn_sent_count;
    uint32_t syn_answers_count; /* of these, to a SYN that came again */
    int64_t syn_at_ns;
};

/* --- tick.c --------------------------------------------------------------- */

static inline int64_t
end_now_ns(const struct tcp_endpoint *end)
{
    return evq_now_ns(end->port.evq);
}

static inline int64_t
end_now_us(const struct tcp_endpoint *end)
{
    return evq_now_ns(end->port.evq) / NS_PER_US;
}

/* Since what a timestamp's echo tells of: at least 1 ms. The option has 32
 * bits, so it goes round in 49.7 days (RFC 7323, 5.5). */
static inline int64_t
end_echo_age_us(const struct tcp_endpoint *end, uint32_t echo_ms)
{
    const uint32_t now_ms = (uint32_t)(end_now_us(end) / US_PER_MS);

    return i64_max((int64_t)(uint32_t)(now_ms - echo_ms), 1) * US_PER_MS;
}

/* Ticks since the start of the run. */
int64_t tick_now(const struct tcp_endpoint *end);
int64_t tick_us(const struct tcp_endpoint *end, int64_t us); /* rounded up */

/* Sets an alarm so many microseconds from now, as the stack's timers do it. */
void alarm_set(struct tcp_endpoint *end, struct alarm *alarm, evq_fn *fn,
               int64_t after_us);
/* At an instant, whatever the ticks: a high-resolution timer. */
void alarm_at(struct tcp_endpoint *end, struct alarm *alarm, evq_fn *fn,
              int64_t due_at_ns);
void alarm_off(struct alarm *alarm);
void alarm_kill(struct tcp_endpoint *end, struct alarm *alarm);

/* In an alarm's function: false, it came too early and goes on. */
bool alarm_is_due(struct tcp_endpoint *end, struct alarm *alarm, evq_fn *fn);

/* --- endpoint.c ----------------------------------------------------------- */

void end_tell(struct tcp_endpoint *end, enum tcp_news news);
void end_fail(struct tcp_endpoint *end);
void end_syn_retry(struct tcp_endpoint *end);

/* --- sender.c ------------------------------------------------------------- */

void sender_init(struct tcp_endpoint *end);
void sender_established(struct tcp_endpoint *end);
void sender_mss_bound(struct tcp_endpoint *end);
/* Sends what may be sent; arms what waits. */
void sender_push(struct tcp_endpoint *end);
/* After an acknowledgement: the same, and the application goes on writing when
 * a third of the send buffer is free. */
void sender_go_on(struct tcp_endpoint *end);
/* The next bytes for the first time, one segment. */
void sender_fresh(struct tcp_endpoint *end, int64_t bytes, bool is_pushed);
/* One segment of the ring again. False: the window forbids. */
bool sender_repeat(struct tcp_endpoint *end, uint64_t number);
void sender_repeat_lost(struct tcp_endpoint *end);
void sender_pure_ack(struct tcp_endpoint *end);
void sender_rst(struct tcp_endpoint *end);
/* Fills what all segments have in common. */
void sender_header(struct tcp_endpoint *end, struct tcp_segment *segment);
void sender_transmit(struct tcp_endpoint *end,
                     const struct tcp_segment *segment);

/* --- pieces.c ------------------------------------------------------------- */

/* Bytes of the next chunk; 0: nothing may go. *is_cwnd is set where the window
 * of congestion is why. */
int64_t pieces_next(struct tcp_endpoint *end, bool *is_cwnd);
/* The application's bytes into the send buffer, as many as it takes. */
void pieces_fill(struct tcp_endpoint *end);
int64_t pieces_memory(const struct tcp_endpoint *end); /* used */
void pieces_memory_grow(struct tcp_endpoint *end);

/* --- retry.c -------------------------------------------------------------- */

void retry_set(struct tcp_endpoint *end, enum retry_kind kind,
               int64_t after_us);
void retry_off(struct tcp_endpoint *end);
/* After an acknowledgement that moved something: the tail probe or the RTO. */
void retry_rearm(struct tcp_endpoint *end);
void retry_rto_rearm(struct tcp_endpoint *end);
/* False: no tail probe is due here. */
bool retry_tail_probe(struct tcp_endpoint *end, bool is_ack);
/* Nothing is out and something waits: a timer must look after it. */
void retry_probe_check(struct tcp_endpoint *end);
int64_t retry_probe_us(const struct tcp_endpoint *end);
int64_t retry_rto_us(const struct tcp_endpoint *end); /* with backoff */

/* Bytes in the send buffer, and the FIN, that were not sent yet. */
static inline int64_t
unsent(const struct sender *snd)
{
    return snd->queued - snd->next + (snd->is_fin_sent ? 1 : 0);
}

static inline int64_t
packets_out(const struct sender *snd)
{
    return (int64_t)(snd->ring.next - snd->ring.first);
}

static inline int64_t
in_flight(const struct sender *snd)
{
    return packets_out(snd) - snd->sacked_count - snd->lost_count +
           snd->repeated_count;
}

/* --- scoreboard.c --------------------------------------------------------- */

struct ack_sum {
    int64_t acked_count;  /* segments acknowledged in sequence */
    int64_t sacked_count; /* and newly SACKed */
    int64_t lost_count;   /* newly marked lost */
    int64_t rtt_us;       /* of the oldest acknowledged; -1: none */
    int64_t rtt_last_us;  /* of the newest, for CUBIC */
    int64_t sack_rtt_us;
    bool is_una_advanced;
    bool is_original_sacked; /* never repeated, and arrived */
    bool is_repeat_lost;
    bool is_data_acked;
    bool is_repeat_acked;
};

static inline struct sent *
ring_at(const struct sent_ring *ring, uint64_t number)
{
    return &ring->items[number & (ring->capacity - 1)];
}

void ring_push(struct sent_ring *ring, const struct sent *sent);
/* Cuts one in two after so many bytes; O(segments behind it). */
void ring_split(struct sent_ring *ring, uint64_t number, uint32_t bytes);
void scoreboard_free(struct sender *snd);
void scoreboard_reset(struct sender *snd);
void scoreboard_ack(struct tcp_endpoint *end, int64_t ack, struct ack_sum *sum);
void scoreboard_sack(struct tcp_endpoint *end,
                     const struct tcp_segment *segment, struct ack_sum *sum);
/* Marks what must be lost; µs until the next look, 0: none needed. */
int64_t scoreboard_judge(struct tcp_endpoint *end, struct ack_sum *sum);
/* All that was not SACKed is lost (RTO). */
void scoreboard_all_lost(struct sender *snd);
void scoreboard_again(struct sender *snd, int64_t seq);

/* --- recovery.c ----------------------------------------------------------- */

void recovery_ack(struct tcp_endpoint *end, const struct tcp_segment *segment);
void recovery_timeout(struct tcp_endpoint *end);
void recovery_reorder_timeout(struct tcp_endpoint *end);
void recovery_rtt_sample(struct tcp_endpoint *end, int64_t rtt_us);

/* --- congestion.c --------------------------------------------------------- */

void congestion_init(struct tcp_endpoint *end);
int64_t congestion_ssthresh(struct tcp_endpoint *end);
void congestion_avoid(struct tcp_endpoint *end, int64_t acked);
void congestion_timeout(struct tcp_endpoint *end);
void congestion_sample(struct tcp_endpoint *end, int64_t rtt_us);
void congestion_idle_end(struct tcp_endpoint *end);
uint32_t congestion_cube_root(uint64_t a);

/* Since the oldest segment was last sent. */
static inline int64_t
head_age_us(const struct tcp_endpoint *end)
{
    const struct sent_ring *ring = &end->snd.ring;

    return (end_now_ns(end) - ring_at(ring, ring->first)->sent_at_ns) /
           NS_PER_US;
}

/* --- receiver.c ----------------------------------------------------------- */

/* The receiver's rules are Linux's; others follow RFC 5681's plain ones. */
static inline bool
end_is_linux(const struct tcp_endpoint *end)
{
    return end->stack->tuning == TCP_TUNING_LINUX;
}

void receiver_init(struct tcp_endpoint *end);
void receiver_data(struct tcp_endpoint *end, const struct tcp_segment *segment);
/* After data and acknowledgement were dealt with: acknowledge now or later. */
void receiver_ack_check(struct tcp_endpoint *end);
void receiver_ack_sent(struct tcp_endpoint *end);
void receiver_data_sent(struct tcp_endpoint *end);
void receiver_quick(struct tcp_endpoint *end);
void receiver_duplicate(struct tcp_endpoint *end);
/* A segment is outside the window. */
void receiver_refuse(struct tcp_endpoint *end,
                     const struct tcp_segment *segment);

/* --- window.c ------------------------------------------------------------- */

void window_init(struct tcp_endpoint *end);
void window_established(struct tcp_endpoint *end);
uint16_t window_syn_field(const struct tcp_endpoint *end);
/* What would be offered now; what is: the field of a segment that goes out. */
int64_t window_choose(const struct tcp_endpoint *end);
uint16_t window_field(struct tcp_endpoint *end);
bool window_accepts(struct tcp_endpoint *end,
                    const struct tcp_segment *segment);
/* A segment has come: room for more like it. */
void window_grow(struct tcp_endpoint *end, const struct tcp_segment *segment);
/* What of the memory of segments of a new size is data. */
void window_ratio(struct tcp_endpoint *end, const struct tcp_segment *segment);
/* The round trip as the receiver sees it. */
void window_rtt_by_echo(struct tcp_endpoint *end,
                        const struct tcp_segment *segment);
void window_rtt_by_round(struct tcp_endpoint *end);
/* The application has read: the buffer may grow. */
void window_read(struct tcp_endpoint *end);

/* --- order.c -------------------------------------------------------------- */

void order_add(struct receiver *rcv, struct tcp_sack stretch);
void order_join(struct receiver *rcv); /* what is in order now */
void order_sacks(const struct tcp_endpoint *end, struct tcp_segment *segment);

#endif
