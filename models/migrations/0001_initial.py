from tortoise import migrations
from tortoise.migrations import operations as ops
from chatbot.messages import Kind
from models.delivery import Fate
from models.event import Tag
from models.outgoing import Purpose, State
from models.proof import Method
from tortoise.fields.base import OnDelete
from uuid import uuid4
from tortoise import fields

class Migration(migrations.Migration):
    initial = True

    operations = [
        ops.CreateModel(
            name='Delivery',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('channel', fields.CharField(max_length=20)),
                ('delivery', fields.CharField(max_length=80)),
                ('received_at', fields.DatetimeField(db_index=True, auto_now=False, auto_now_add=False)),
                ('fate', fields.CharEnumField(default=Fate.HANDLED, description='', enum_type=Fate, max_length=10)),
                ('subject', fields.UUIDField(null=True, db_index=True)),
                ('message', fields.BinaryField(null=True)),
            ],
            options={'table': 'delivery', 'app': 'models', 'unique_together': (('channel', 'delivery'),), 'pk_attr': 'id', 'table_description': 'One delivery of a channel.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='Desk',
            fields=[
                ('name', fields.CharField(primary_key=True, unique=True, db_index=True, max_length=40)),
                ('value', fields.CharField(max_length=200)),
            ],
            options={'table': 'desk', 'app': 'models', 'pk_attr': 'name', 'table_description': 'A named fact, such as the fingerprint of the key ring.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='Event',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('tag', fields.CharEnumField(description='', enum_type=Tag, max_length=40)),
                ('chat', fields.UUIDField(null=True, db_index=True)),
                ('customer', fields.UUIDField(null=True, db_index=True)),
                ('detail', fields.CharField(null=True, max_length=80)),
            ],
            options={'table': 'event', 'app': 'models', 'pk_attr': 'id', 'table_description': 'One event, written in the transaction of the change that it tells of.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='Outgoing',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('ref', fields.UUIDField(unique=True)),
                ('subject', fields.UUIDField()),
                ('outlet', fields.CharField(max_length=20)),
                ('lane', fields.CharField(max_length=64)),
                ('target', fields.BinaryField(null=True)),
                ('purpose', fields.CharEnumField(description='', enum_type=Purpose, max_length=10)),
                ('payload', fields.BinaryField(null=True)),
                ('decoy', fields.BooleanField(default=False)),
                ('state', fields.CharEnumField(default=State.QUEUED, description='', enum_type=State, max_length=10)),
                ('attempts', fields.IntField(default=0)),
                ('doubts', fields.IntField(default=0)),
                ('not_before', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('held_until', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('settled_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('outside_id', fields.CharField(null=True, max_length=80)),
                ('reason', fields.CharField(null=True, max_length=80)),
            ],
            options={'table': 'outgoing', 'app': 'models', 'pk_attr': 'id', 'table_description': 'One message of the outbox.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='PageLink',
            fields=[
                ('digest', fields.CharField(primary_key=True, unique=True, db_index=True, max_length=64)),
                ('chat', fields.UUIDField(db_index=True)),
                ('customer', fields.UUIDField(db_index=True)),
                ('expires_at', fields.DatetimeField(db_index=True, auto_now=False, auto_now_add=False)),
                ('spent_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'page_link', 'app': 'models', 'pk_attr': 'digest', 'table_description': 'A link that opens one record once. Only a peppered fingerprint of its token is stored.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='SubjectKey',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ('ring_key', fields.IntField()),
                ('wrapped', fields.BinaryField()),
            ],
            options={'table': 'subject_key', 'app': 'models', 'pk_attr': 'id', 'table_description': 'The wrapped key of one subject, whose id it bears.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='Chat',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ('key', fields.OneToOneField('models.SubjectKey', source_field='key_id', db_index=True, db_constraint=True, to_field='id', related_name='chat', on_delete=OnDelete.CASCADE)),
                ('channel', fields.CharField(max_length=20)),
                ('user_index', fields.CharField(max_length=64)),
                ('user_sealed', fields.BinaryField()),
                ('language', fields.CharField(max_length=8)),
                ('reachable', fields.BooleanField(default=True)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('last_inbound_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('noticed_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('seen_seq', fields.BigIntField(default=0)),
                ('proven', fields.BooleanField(default=False)),
                ('conversation', fields.CharField(null=True, max_length=40)),
                ('step', fields.CharField(null=True, max_length=40)),
                ('state', fields.BinaryField(null=True)),
                ('asked_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('expires_at', fields.DatetimeField(null=True, db_index=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'chat', 'app': 'models', 'unique_together': (('channel', 'user_index'),), 'pk_attr': 'id', 'table_description': 'One chat and where its conversation stands.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='Code',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ('chat', fields.ForeignKeyField('models.Chat', source_field='chat_id', db_index=True, db_constraint=True, to_field='id', related_name='codes', on_delete=OnDelete.CASCADE)),
                ('kind', fields.CharEnumField(description='', enum_type=Kind, max_length=10)),
                ('value_index', fields.CharField(db_index=True, max_length=64)),
                ('digest', fields.BinaryField()),
                ('real', fields.BooleanField()),
                ('sent_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('expires_at', fields.DatetimeField(db_index=True, auto_now=False, auto_now_add=False)),
                ('used_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'code', 'app': 'models', 'pk_attr': 'id', 'table_description': 'A code that was sent from a chat to a contact.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='Customer',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ('key', fields.OneToOneField('models.SubjectKey', source_field='key_id', db_index=True, db_constraint=True, to_field='id', related_name='customer', on_delete=OnDelete.CASCADE)),
                ('external_index', fields.CharField(null=True, unique=True, max_length=64)),
                ('profile', fields.BinaryField()),
                ('source', fields.CharField(max_length=40)),
                ('consent', fields.CharField(null=True, max_length=20)),
                ('last_contact_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('imported_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('updated_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'customer', 'app': 'models', 'pk_attr': 'id', 'table_description': 'A customer record.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='ContactPoint',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ('customer', fields.ForeignKeyField('models.Customer', source_field='customer_id', db_index=True, db_constraint=True, to_field='id', related_name='contacts', on_delete=OnDelete.CASCADE)),
                ('kind', fields.CharEnumField(description='', enum_type=Kind, max_length=10)),
                ('value_index', fields.CharField(db_index=True, max_length=64)),
            ],
            options={'table': 'contact_point', 'app': 'models', 'pk_attr': 'id', 'table_description': 'A phone number or e-mail address of a record, found by its blind index.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='Proof',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ('chat', fields.ForeignKeyField('models.Chat', source_field='chat_id', db_index=True, db_constraint=True, to_field='id', related_name='proofs', on_delete=OnDelete.CASCADE)),
                ('kind', fields.CharEnumField(description='', enum_type=Kind, max_length=10)),
                ('value_index', fields.CharField(db_index=True, max_length=64)),
                ('value', fields.BinaryField()),
                ('method', fields.CharEnumField(description='', enum_type=Method, max_length=10)),
                ('opened', fields.UUIDField(null=True, db_index=True)),
                ('proven_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('used_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('ended_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'proof', 'app': 'models', 'pk_attr': 'id', 'table_description': 'A contact proven in one chat. It counts there and nowhere else.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='Tally',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('scope', fields.CharField(max_length=30)),
                ('key', fields.CharField(max_length=64)),
                ('count', fields.IntField()),
                ('last_ms', fields.BigIntField(db_index=True)),
            ],
            options={'table': 'tally', 'app': 'models', 'unique_together': (('scope', 'key'),), 'pk_attr': 'id', 'table_description': 'A counter.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='Upload',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ('chat', fields.ForeignKeyField('models.Chat', source_field='chat_id', db_index=True, db_constraint=True, to_field='id', related_name='uploads', on_delete=OnDelete.CASCADE)),
                ('name', fields.BinaryField()),
                ('mime', fields.CharField(max_length=100)),
                ('size', fields.BigIntField()),
                ('sha256', fields.CharField(max_length=64)),
                ('spooled_at', fields.DatetimeField(db_index=True, auto_now=False, auto_now_add=False)),
                ('kept_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'upload', 'app': 'models', 'pk_attr': 'id', 'table_description': 'A spooled file.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='Wish',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ('chat', fields.ForeignKeyField('models.Chat', source_field='chat_id', db_index=True, db_constraint=True, to_field='id', related_name='wishes', on_delete=OnDelete.CASCADE)),
                ('words', fields.BinaryField(null=True)),
                ('wished_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('answered_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'wish', 'app': 'models', 'pk_attr': 'id', 'table_description': 'One wish, its words sealed under the key of its chat.'},
            bases=['Model'],
        ),
        # What the sender asks for at every turn: the rows still to be sent, oldest first, and whether one
        # is the head of its lane, whatever else has piled up.
        ops.RunSQL(
            "CREATE INDEX outgoing_due ON outgoing (id) WHERE state IN ('queued', 'sending')",
            "DROP INDEX outgoing_due",
        ),
        ops.RunSQL(
            "CREATE INDEX outgoing_lane ON outgoing (lane, id) WHERE state IN ('queued', 'sending')",
            "DROP INDEX outgoing_lane",
        ),
        # The web chat's history.
        ops.RunSQL(
            "CREATE INDEX outgoing_history ON outgoing (subject, id)",
            "DROP INDEX outgoing_history",
        ),
    ]
