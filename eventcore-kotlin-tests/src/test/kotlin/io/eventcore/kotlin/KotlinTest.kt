package io.eventcore.kotlin

import io.eventcore.Event
import io.eventcore.EventType
import io.eventcore.StreamId
import io.eventcore.StreamVersion
import io.eventcore.command.Command
import io.eventcore.command.CommandContext
import io.eventcore.command.CommandExecutor
import io.eventcore.command.CommandId
import io.eventcore.command.CommandIdReusedException
import io.eventcore.command.Require
import io.eventcore.command.Stream
import io.eventcore.memory.InMemoryEventStore
import io.eventcore.memory.InMemoryExecutedCommands
import io.eventcore.serialization.EventTypes
import io.eventcore.serialization.JacksonEventSerializer
import io.eventcore.test.CommandScenario
import org.assertj.core.api.Assertions.assertThat
import org.assertj.core.api.Assertions.catchThrowable
import org.junit.jupiter.api.Test
import tools.jackson.databind.json.JsonMapper
import tools.jackson.module.kotlin.KotlinModule
import java.io.IOException

// tag::events[]
sealed interface AccountEvent : Event {
    val account: StreamId

    override fun streamId(): StreamId = account
}

@EventType("kotlin.deposited")
data class Deposited(override val account: StreamId, val cents: Long, val note: String? = null) : AccountEvent

@EventType("kotlin.withdrawn")
data class Withdrawn(override val account: StreamId, val cents: Long) : AccountEvent
// end::events[]

// tag::commands[]
abstract class AccountCommand : Command<Long, AccountEvent> {
    override fun initialState(): Long = 0

    override fun apply(state: Long, event: AccountEvent): Long = when (event) {
        is Deposited -> state + event.cents
        is Withdrawn -> state - event.cents
    }
}

data class Deposit(@Stream val account: StreamId, val cents: Long) : AccountCommand() {
    override fun handle(state: Long): List<AccountEvent> = listOf(Deposited(account, cents))
}

data class Transfer(@Stream val from: StreamId, @Stream val to: Set<StreamId>, val cents: Long) : AccountCommand() {
    override fun handle(state: Long): List<AccountEvent> {
        Require.that(state >= cents, "balance is %d", state)
        return listOf(Withdrawn(from, cents * to.size)) + to.map { Deposited(it, cents) }
    }
}
// end::commands[]

@JvmInline
value class Cents(val value: Long)

/** Kotlin gives the fields and getters of these properties names of their own. */
data class Gift(@Stream val account: StreamId, val isAnonymous: Boolean, val amount: Cents, internal val note: String) :
    AccountCommand() {
    val double by lazy { amount.value * 2 }

    override fun handle(state: Long): List<AccountEvent> = listOf(Deposited(account, amount.value))
}

data class Secret(@Stream val account: StreamId, private val cents: Long) : AccountCommand() {
    override fun handle(state: Long): List<AccountEvent> = listOf(Deposited(account, cents))
}

@JvmRecord
data class Audit(@Stream val account: StreamId) : Command<Long, AccountEvent> {
    override fun initialState(): Long = 0

    override fun apply(state: Long, event: AccountEvent): Long = state + 1

    /** A checked exception, which Kotlin does not declare. */
    override fun handle(state: Long): List<AccountEvent> = throw IOException("no auditor")
}

/** Events and commands as one writes them in Kotlin. */
class KotlinTest {
    private val ada = StreamId.of("account-ada")
    private val bob = StreamId.of("account-bob")
    private val mapper: JsonMapper = JsonMapper.builder().addModule(KotlinModule.Builder().build()).build()
    private val store = InMemoryEventStore(JacksonEventSerializer(EventTypes.of(AccountEvent::class.java), mapper))
    private val executor = CommandExecutor.builder(store)
        .executedCommands(InMemoryExecutedCommands())
        .jsonMapper(mapper)
        .build()
    private val withoutModule = CommandExecutor.builder(store).executedCommands(InMemoryExecutedCommands()).build()

    @Test
    fun `properties of a data class name the streams of a command`() {
        executor.execute(Deposit(ada, 100))
        val result = executor.execute(Transfer(ada, setOf(bob), 30))

        assertThat(result.version(ada)).isEqualTo(StreamVersion.of(2))
        assertThat(result.version(bob)).isEqualTo(StreamVersion.of(1))
        assertThat(store.readStream(ada, AccountEvent::class.java).map { it.event() })
            .containsExactly(Deposited(ada, 100), Withdrawn(ada, 30))
    }

    @Test
    fun `a data class with an id is executed once`() {
        val context = CommandContext.empty().withCommandId(CommandId.of("orders", "7"))

        val first = executor.execute(Deposit(ada, 100), context)

        assertThat(executor.execute(Deposit(ada, 100), context)).isEqualTo(first)
        assertThat(store.streamVersion(ada)).isEqualTo(StreamVersion.of(1))
    }

    @Test
    fun `properties of every kind tell one command from another`() {
        for (executor in listOf(this.executor, withoutModule)) {
            val context = CommandContext.empty().withCommandId(CommandId.of("gifts", "7"))
            val gift = Gift(ada, false, Cents(5), "x")
            val first = executor.execute(gift, context)

            assertThat(executor.execute(gift.copy(), context)).isEqualTo(first)
            for (other in listOf(gift.copy(isAnonymous = true), gift.copy(amount = Cents(6)), gift.copy(note = "y"))) {
                assertThat(catchThrowable { executor.execute(other, context) })
                    .isExactlyInstanceOf(CommandIdReusedException::class.java)
            }
        }
    }

    @Test
    fun `a private property without a getter is refused for a command with an id`() {
        val context = CommandContext.empty().withCommandId(CommandId.of("secrets", "7"))

        assertThat(catchThrowable { withoutModule.execute(Secret(ada, 5), context) })
            .isExactlyInstanceOf(IllegalArgumentException::class.java)
            .hasMessageContaining("Secret.cents")
    }

    @Test
    fun `the property of a data class that is a record is found too`() {
        assertThat(Audit(ada).streams()).containsExactly(ada)
    }

    @Test
    fun `a checked exception reaches the caller as it is`() {
        assertThat(catchThrowable { executor.execute(Audit(ada)) })
            .isExactlyInstanceOf(IOException::class.java)
            .hasMessage("no auditor")
    }

    // tag::scenario[]
    @Test
    fun `a scenario reads like one in Java`() {
        CommandScenario.given(Deposited(ada, 100))
            .`when`(Transfer(ada, setOf(bob), 30))
            .then(Withdrawn(ada, 30), Deposited(bob, 30))
    }
    // end::scenario[]
}
